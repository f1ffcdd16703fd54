//! Reading JSON with attachments in it into a type.
//!
//! The text is valid JSON with canonical placeholders. Arrays and objects are walked here, because
//! a placeholder may stand wherever a value may; numbers, strings and keywords are read by
//! `serde_json`.

use bytes::Bytes;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};
use serde_json::Error;

use super::key::Key;
use super::{json, placeholder};

/// As deep as `serde_json` goes, too; the stack of a thread holds many times as much.
const MAX_DEPTH: u8 = 127;

/// The attachments of a packet, each to be read once.
pub(super) struct Attachments<'de> {
    bytes: &'de [Bytes],
    taken: Vec<bool>,
}

impl<'de> Attachments<'de> {
    pub(super) fn new(bytes: &'de [Bytes]) -> Self {
        Self {
            bytes,
            taken: vec![false; bytes.len()],
        }
    }

    fn take(&mut self, num: usize) -> Result<&'de [u8], Error> {
        match (self.bytes.get(num), self.taken.get_mut(num)) {
            (Some(bytes), Some(taken)) if !*taken => {
                *taken = true;
                Ok(bytes)
            }
            (Some(_), _) => Err(Error::custom("an attachment that is used twice")),
            (None, _) => Err(Error::custom("an attachment that is missing")),
        }
    }
}

/// A place in the text, where a value begins whenever a deserializer is asked for.
pub(super) struct Cursor<'a, 'de> {
    text: &'de str,
    at: usize,
    depth: u8,
    attachments: &'a mut Attachments<'de>,
}

/// What begins where the cursor stands.
enum Next<'de> {
    Bytes(&'de [u8]),
    Array,
    Object,
    /// A number, a string or a keyword, behind which the cursor stands now.
    Scalar(&'de str),
}

impl<'a, 'de> Cursor<'a, 'de> {
    pub(super) const fn new(text: &'de str, attachments: &'a mut Attachments<'de>) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
            attachments,
        }
    }

    fn skip_space(&mut self) {
        self.at = json::skip_space(self.text.as_bytes(), self.at);
    }

    /// Goes behind this byte and the space before it, if it comes next.
    fn eat(&mut self, byte: u8) -> bool {
        self.skip_space();
        let found = self.text.as_bytes().get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    /// The text of the value that begins here; the cursor goes behind it.
    fn value(&mut self) -> &'de str {
        self.skip_space();
        let end = json::value_end(self.text.as_bytes(), self.at);
        let value = self.text.get(self.at..end).unwrap_or_default();
        self.at = end;
        value
    }

    fn next(&mut self) -> Result<Next<'de>, Error> {
        self.skip_space();
        let rest = self.text.get(self.at..).unwrap_or_default();
        if let Some((num, len)) = placeholder::leading(rest) {
            self.at += len;
            return self.attachments.take(num).map(Next::Bytes);
        }
        match rest.as_bytes() {
            [b'[', ..] => self.enter().map(|()| Next::Array),
            [b'{', ..] => self.enter().map(|()| Next::Object),
            _ => Ok(Next::Scalar(self.value())),
        }
    }

    fn enter(&mut self) -> Result<(), Error> {
        if self.depth == MAX_DEPTH {
            return Err(Error::custom("recursion limit exceeded"));
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// Goes behind the end of an array or object, which must be read to its end.
    fn leave(&mut self, end: u8) -> Result<(), Error> {
        self.depth -= 1;
        if self.eat(end) {
            Ok(())
        } else {
            Err(Error::custom("more elements than expected"))
        }
    }

    fn visit_array<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        let value = visitor.visit_seq(Members::new(self))?;
        self.leave(b']').map(|()| value)
    }

    fn visit_object<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        let value = visitor.visit_map(Members::new(self))?;
        self.leave(b'}').map(|()| value)
    }
}

/// A value that is no scalar gives what it is, whatever was asked for; the visitor will object.
macro_rules! by_hint {
    ($($method:ident($($name:ident: $type:ty),*);)*) => {
        $(fn $method<V: Visitor<'de>>(
            self,
            $($name: $type,)*
            visitor: V,
        ) -> Result<V::Value, Error> {
            match self.next()? {
                Next::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
                Next::Array => self.visit_array(visitor),
                Next::Object => self.visit_object(visitor),
                Next::Scalar(text) => {
                    serde_json::Deserializer::from_str(text).$method($($name,)* visitor)
                }
            }
        })*
    };
}

impl<'de> Deserializer<'de> for &mut Cursor<'_, 'de> {
    type Error = Error;

    by_hint! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_identifier();
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.skip_space();
        if self
            .text
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with("null"))
        {
            self.value();
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        // `RawValue` asks for itself by a name of this kind, and only `serde_json` can give it.
        if name.starts_with("$serde_json::") {
            let text = self.value();
            return serde_json::Deserializer::from_str(text)
                .deserialize_newtype_struct(name, visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.next()? {
            Next::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Next::Array => self.visit_array(visitor),
            Next::Object => {
                let value = visitor.visit_enum(Variant(&mut *self))?;
                self.leave(b'}').map(|()| value)
            }
            Next::Scalar(text) => {
                serde_json::Deserializer::from_str(text).deserialize_enum(name, variants, visitor)
            }
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.value();
        visitor.visit_unit()
    }
}

/// The inside of an array or object.
struct Members<'c, 'a, 'de> {
    cursor: &'c mut Cursor<'a, 'de>,
    is_first: bool,
}

impl<'c, 'a, 'de> Members<'c, 'a, 'de> {
    const fn new(cursor: &'c mut Cursor<'a, 'de>) -> Self {
        Self {
            cursor,
            is_first: true,
        }
    }

    /// Whether there is another member; the cursor then stands before it.
    fn advance(&mut self) -> bool {
        if std::mem::take(&mut self.is_first) {
            self.cursor.skip_space();
            let next = self.cursor.text.as_bytes().get(self.cursor.at);
            !matches!(next, None | Some(b']' | b'}'))
        } else {
            self.cursor.eat(b',')
        }
    }
}

impl<'de> SeqAccess<'de> for Members<'_, '_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        if self.advance() {
            seed.deserialize(&mut *self.cursor).map(Some)
        } else {
            Ok(None)
        }
    }
}

impl<'de> MapAccess<'de> for Members<'_, '_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        if self.advance() {
            seed.deserialize(Key(self.cursor.value())).map(Some)
        } else {
            Ok(None)
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        self.cursor.eat(b':');
        seed.deserialize(&mut *self.cursor)
    }
}

/// `{"Variant":content}`, the cursor behind the brace.
struct Variant<'c, 'a, 'de>(&'c mut Cursor<'a, 'de>);

impl<'de> EnumAccess<'de> for Variant<'_, '_, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Error> {
        self.0.skip_space();
        let variant = match self.0.text.as_bytes().get(self.0.at) {
            Some(b'"') => seed.deserialize(Key(self.0.value()))?,
            _ => return Err(Error::custom("expected the name of a variant")),
        };
        self.0.eat(b':');
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        serde::Deserialize::deserialize(self.0)
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_struct("", fields, visitor)
    }
}
