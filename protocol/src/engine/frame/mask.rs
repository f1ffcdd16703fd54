/// Applies a mask, or takes it off: the same operation.
///
/// Eight bytes at a time, since every byte that a client sends goes through here.
/// Spec: RFC 6455, 5.3.
pub(super) fn apply(mask: [u8; 4], bytes: &mut [u8]) {
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_as_one_byte_at_a_time() {
        let mask = [1, 0x80, 0, 0xff];
        for len in 0..40 {
            let plain: Vec<u8> = (0..len).collect();
            let mut masked = plain.clone();
            apply(mask, &mut masked);
            let slow: Vec<u8> = plain
                .iter()
                .zip(mask.into_iter().cycle())
                .map(|(byte, mask)| byte ^ mask)
                .collect();
            assert_eq!(masked, slow);
        }
    }
}
