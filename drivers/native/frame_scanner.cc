#include "drivers/native/frame_scanner.h"

#include <algorithm>

namespace asicr {
namespace {

constexpr uint8_t kPreamble0 = 0xAA;
constexpr uint8_t kPreamble1 = 0x55;
constexpr size_t kPreambleBytes = 2;
// Bits 6:5 of a bare frame's last byte (specs/bm1387.md 1.4, 1.5).
constexpr uint8_t kBareReserved = 0x60;

constexpr std::array<uint8_t, 256> crc5Table() {
  std::array<uint8_t, 256> table{};
  for (unsigned byte = 0; byte < 256; byte++) {
    uint8_t crc = 0;
    for (int bit = 7; bit >= 0; bit--) {
      const bool feedback = ((crc >> 4 ^ byte >> bit) & 1) != 0;
      crc = static_cast<uint8_t>((crc << 1 & 0x1F) ^ (feedback ? 0x05 : 0));
    }
    table[byte] = crc;
  }
  return table;
}

constexpr std::array<uint8_t, 256> kCrc5Table = crc5Table();

}  // namespace

uint8_t crc5(const uint8_t* bytes, size_t count) {
  uint8_t crc = 0x1F;
  for (size_t i = 0; i < count; i++) crc = kCrc5Table[static_cast<uint8_t>(crc << 3) ^ bytes[i]];
  return crc;
}

void FrameScanner::feed(const uint8_t* bytes, size_t count, std::vector<Frame>& found) {
  for (size_t i = 0; i < count; i++) {
    // settle() leaves ten bytes at most, so there is always room for one.
    window_[pending_++] = bytes[i];
    settle(found);
  }
}

void FrameScanner::flush(std::vector<Frame>& found) {
  if (length_ != ResponseLength::kEither || pending_ < kShortFrame || !holds(kShortFrame)) return;
  take(kShortFrame, found);
  settle(found);
}

void FrameScanner::silence() { starts_ |= static_cast<uint16_t>(1u << pending_); }

void FrameScanner::expire(std::vector<Frame>& found) {
  if (length_ != ResponseLength::kSeven) return;
  discard(pending_, found);
  starts_ = 1;
}

void FrameScanner::abandon(std::vector<Frame>& found) { discard(pending_, found); }

void FrameScanner::setLength(ResponseLength length, std::vector<Frame>& found) {
  length_ = length;
  settle(found);
}

void FrameScanner::settle(std::vector<Frame>& found) {
  if (length_ == ResponseLength::kSeven) return settleBare(found);
  const size_t awaited = length_ == ResponseLength::kNine ? kShortFrame : kLongFrame;
  while (pending_ > 0) {
    const bool starts = window_[0] == kPreamble0 && (pending_ < kPreambleBytes || window_[1] == kPreamble1);
    if (starts && pending_ < awaited) return;
    if (starts && holds(awaited)) {
      take(awaited, found);
    } else if (starts && length_ == ResponseLength::kEither && holds(kShortFrame)) {
      take(kShortFrame, found);
    } else {
      discard(1, found);
    }
  }
}

void FrameScanner::settleBare(std::vector<Frame>& found) {
  while (pending_ > 0) {
    const bool inStep = (starts_ & 1) != 0;
    const unsigned laterStarts = starts_ & ((1u << std::min(pending_, kBareFrame)) - 1) & ~1u;
    const bool mayStart = inStep || laterStarts == 0;
    if (mayStart && pending_ < kBareFrame) return;
    if (mayStart && holdsBare()) {
      take(kBareFrame, found);
    } else {
      discard(1, found);
    }
  }
}

bool FrameScanner::holdsBare() const { return (window_[kBareFrame - 1] & kBareReserved) == 0 && crc5(window_.data(), kBareFrame) == 0; }

bool FrameScanner::holds(size_t length) const { return crc5(window_.data() + kPreambleBytes, length - kPreambleBytes) == 0; }

void FrameScanner::take(size_t length, std::vector<Frame>& found) {
  Frame frame{offset_, static_cast<uint8_t>(length), {}, false};
  std::copy_n(window_.begin(), length, frame.bytes.begin());
  found.push_back(frame);
  drop(length);
  starts_ |= 1;
}

void FrameScanner::discard(size_t count, std::vector<Frame>& found) {
  discarded_ += count;
  for (size_t i = 0; keepsStrays_ && i < count; i++) {
    const uint64_t offset = offset_ + i;
    const bool goesOn = !found.empty() && found.back().stray && found.back().length < kLongFrame && found.back().offset + found.back().length == offset;
    if (!goesOn) found.push_back({offset, 0, {}, true});
    Frame& run = found.back();
    run.bytes[run.length++] = window_[i];
  }
  drop(count);
}

void FrameScanner::drop(size_t count) {
  std::copy(window_.begin() + static_cast<std::ptrdiff_t>(count), window_.begin() + static_cast<std::ptrdiff_t>(pending_), window_.begin());
  pending_ -= count;
  starts_ = static_cast<uint16_t>(starts_ >> count);
  offset_ += count;
}

}  // namespace asicr
