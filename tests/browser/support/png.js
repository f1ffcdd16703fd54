// Reads a PNG of eight bits a channel, as far as tests need its pixels.
import { inflateSync } from "node:zlib";

const CHANNELS = { 0: 1, 2: 3, 6: 4 };

// `{ width, height, at(x, y) }`, where `at` gives `[red, green, blue]`.
export function readPng(file) {
  if (file.toString("latin1", 1, 4) !== "PNG") throw new Error("not a PNG");
  const data = [];
  let width, height, channels;
  for (let offset = 8; offset < file.length; ) {
    const length = file.readUInt32BE(offset);
    const type = file.toString("latin1", offset + 4, offset + 8);
    const body = file.subarray(offset + 8, offset + 8 + length);
    if (type === "IHDR") {
      [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
      channels = CHANNELS[body[9]];
      if (body[8] !== 8 || !channels || body[12] !== 0) throw new Error("a kind of PNG that this does not read");
    }
    if (type === "IDAT") data.push(body);
    offset += length + 12;
  }
  const pixels = unfilter(inflateSync(Buffer.concat(data)), width * channels, height, channels);
  return {
    width,
    height,
    at(x, y) {
      const start = (y * width + x) * channels;
      return channels === 1 ? Array(3).fill(pixels[start]) : [...pixels.subarray(start, start + 3)];
    },
  };
}

// Each row begins with the number of its filter, which guesses a byte from those before and above it.
function unfilter(raw, stride, height, channels) {
  const pixels = Buffer.alloc(stride * height);
  for (let row = 0; row < height; row += 1) {
    const filter = raw[row * (stride + 1)];
    for (let column = 0; column < stride; column += 1) {
      const here = row * stride + column;
      const left = column >= channels ? pixels[here - channels] : 0;
      const up = row > 0 ? pixels[here - stride] : 0;
      const corner = row > 0 && column >= channels ? pixels[here - stride - channels] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      pixels[here] = raw[row * (stride + 1) + 1 + column] + guess;
    }
  }
  return pixels;
}

function paeth(left, up, corner) {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
