#include "telemetry/native/lane.h"

#include <algorithm>
#include <cstring>

#include "telemetry/native/bit_packing.h"

namespace asicr {

namespace {

constexpr uint64_t kPatchBits = 64;
// Above so many rows, one in so many says enough about all of them.
constexpr size_t kSampledAbove = 512;
constexpr size_t kSampleStep = 5;

struct Range {
  uint32_t least;
  uint32_t most;
  // Zero bits below all distances from one value are below those from any other.
  uint32_t used;
};

size_t wordsFor(size_t n, unsigned bits) { return (n * bits + 31) / 32; }

unsigned widthOf(uint32_t code) { return code == 0 ? 0 : 32 - static_cast<unsigned>(__builtin_clz(code)); }

uint32_t* writeHead(uint32_t* out, uint32_t min, unsigned bits, unsigned shift, size_t patches) {
  out[0] = min;
  out[1] = bits | (shift << 8) | static_cast<uint32_t>(patches << 16);
  return out + kLaneHeadWords;
}

Range rangeOf(const uint32_t* values, size_t n) {
  const uint32_t first = values[0];
  Range range{first, first, 0};
  for (size_t i = 0; i < n; i++) {
    range.least = std::min(range.least, values[i]);
    range.most = std::max(range.most, values[i]);
    range.used |= values[i] - first;
  }
  return range;
}

// How many bits cost least when what needs more is patched, judged by some of the rows.
unsigned cheapestBits(const uint32_t* values, size_t n, uint32_t min, unsigned shift, unsigned needed) {
  uint32_t widths[33] = {};
  uint64_t sampled = 0;
  for (size_t i = 0; i < n; i += n > kSampledAbove ? kSampleStep : 1, sampled++) widths[widthOf((values[i] - min) >> shift)]++;
  unsigned best = needed;
  uint64_t bestCost = sampled * needed;
  uint64_t patches = 0;
  for (unsigned bits = needed; bits-- > 0;) {
    patches += widths[bits + 1];
    const uint64_t cost = sampled * bits + patches * kPatchBits;
    if (cost >= bestCost) continue;
    best = bits;
    bestCost = cost;
  }
  return best;
}

// The word behind the last patch; nullptr when patches need more room than whole words would. bits is below 32.
uint32_t* pack(const uint32_t* values, size_t n, uint32_t min, unsigned bits, unsigned shift, uint32_t* out) {
  const PackBlock packBlock = kPackBlock[bits];
  const uint32_t* const end = out + n;
  uint32_t* patch = out + wordsFor(n, bits);
  for (size_t from = 0; from < n; from += kBlockRows) {
    const size_t rows = std::min(kBlockRows, n - from);
    uint32_t codes[kBlockRows] = {};
    uint32_t all = 0;
    if (rows == kBlockRows) {
      for (size_t i = 0; i < kBlockRows; i++) all |= codes[i] = (values[from + i] - min) >> shift;
    } else {
      for (size_t i = 0; i < rows; i++) all |= codes[i] = (values[from + i] - min) >> shift;
    }
    if (all >> bits != 0) {
      for (size_t i = 0; i < rows; i++) {
        if (codes[i] >> bits == 0) continue;
        if (end - patch < 2) return nullptr;
        *patch++ = static_cast<uint32_t>(from + i);
        *patch++ = values[from + i];
        codes[i] = 0;
      }
    }
    if (rows == kBlockRows) {
      packBlock(codes, out);
      out += bits;
    } else {
      uint32_t last[kBlockRows];
      packBlock(codes, last);
      std::memcpy(out, last, wordsFor(rows, bits) * sizeof(uint32_t));
    }
  }
  return patch;
}

void unpack(const uint32_t* words, uint32_t* values, size_t n, uint32_t min, unsigned bits, unsigned shift) {
  const UnpackBlock unpackBlock = kUnpackBlock[bits];
  size_t from = 0;
  for (; n - from >= kBlockRows; from += kBlockRows, words += bits) unpackBlock(words, values + from);
  if (from < n) {
    uint32_t last[kBlockRows] = {};
    uint32_t codes[kBlockRows];
    std::memcpy(last, words, wordsFor(n - from, bits) * sizeof(uint32_t));
    unpackBlock(last, codes);
    std::copy(codes, codes + (n - from), values + from);
  }
  if (min == 0 && shift == 0) return;
  for (size_t i = 0; i < n; i++) values[i] = (values[i] << shift) + min;
}

}  // namespace

uint32_t* writeEqual(uint32_t value, uint32_t* out) { return writeHead(out, value, 0, 0, 0); }

uint32_t* writeLane(const uint32_t* values, size_t n, uint32_t* out) {
  if (n == 0) return writeEqual(0, out);
  const Range range = rangeOf(values, n);
  const uint32_t min = range.least;
  if (range.least == range.most) return writeEqual(min, out);
  const unsigned shift = static_cast<unsigned>(__builtin_ctz(range.used));
  const unsigned needed = widthOf((range.most - min) >> shift);
  if (needed == 32) {
    out = writeHead(out, min, 32, 0, 0);
    for (size_t i = 0; i < n; i++) out[i] = values[i] - min;
    return out + n;
  }
  uint32_t* const from = out + kLaneHeadWords;
  unsigned bits = cheapestBits(values, n, min, shift, needed);
  uint32_t* end = pack(values, n, min, bits, shift, from);
  if (end == nullptr) {
    // The rows looked at were not like the others.
    bits = needed;
    end = pack(values, n, min, bits, shift, from);
  }
  writeHead(out, min, bits, shift, (static_cast<size_t>(end - from) - wordsFor(n, bits)) / 2);
  return end;
}

bool readLane(WordReader& words, uint32_t* values, size_t n) {
  const uint32_t* head = words.take(kLaneHeadWords);
  if (head == nullptr) return false;
  const uint32_t min = head[0];
  const unsigned bits = head[1] & 0xff;
  const unsigned shift = head[1] >> 8 & 0xff;
  const size_t patches = head[1] >> 16;
  if (bits > 32 || shift > 31) return false;
  const uint32_t* codes = words.take(wordsFor(n, bits));
  if (codes == nullptr) return false;
  const uint32_t* patch = words.take(2 * patches);
  if (patch == nullptr) return false;
  if (bits == 0) {
    std::fill(values, values + n, min);
  } else if (bits == 32) {
    for (size_t i = 0; i < n; i++) values[i] = codes[i] + min;
  } else {
    unpack(codes, values, n, min, bits, shift);
  }
  for (size_t i = 0; i < patches; i++, patch += 2) {
    if (patch[0] >= n) return false;
    values[patch[0]] = patch[1];
  }
  return true;
}

}  // namespace asicr
