// Finds BM13xx response frames in a stream of bytes (specs/bm1366.md 1.5, 1.7, 1.8, 1.10).
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace asicr {

// How long responses are: 9 bytes after reset, 11 with version rolling on.
enum class ResponseLength : uint8_t { kNine, kEleven, kEither };

constexpr size_t kLongestFrame = 11;
constexpr size_t kShortestFrame = 9;

struct Frame {
  uint64_t offset;  // of its first byte in the stream
  uint8_t length;   // 9 or 11
  std::array<uint8_t, kLongestFrame> bytes;
};

// CRC5, polynomial x^5+x^2+1, initially 0x1F, most significant bit first. Over a response from after its preamble to its end it is 0.
uint8_t crc5(const uint8_t* bytes, size_t count);

// What it finds depends on the bytes alone, never on how they were cut into reads. Where no frame starts, one byte is dropped
// and the search goes on from the next.
//
// With "either", eleven bytes are awaited and the long reading is preferred. A short frame that another follows is never taken for
// a long one: a CRC that stands at 0 does not return there over a preamble AA 55.
class FrameScanner {
 public:
  explicit FrameScanner(ResponseLength length) : length_(length) {}

  // Appends the frames that these bytes complete.
  void feed(const uint8_t* bytes, size_t count, std::vector<Frame>& found);

  // The line is silent: with "either", nine or ten bytes that wait for more may be a short frame already.
  void flush(std::vector<Frame>& found);

  // Applies to the bytes that wait, too.
  void setLength(ResponseLength length, std::vector<Frame>& found);

  ResponseLength length() const { return length_; }
  // Bytes that belonged to no frame.
  uint64_t discardedBytes() const { return discarded_; }
  // Bytes that may yet become a frame: always a beginning of one, at most ten.
  size_t pendingBytes() const { return pending_; }
  // Stream offset of the first pending byte.
  uint64_t pendingOffset() const { return offset_; }

 private:
  void settle(std::vector<Frame>& found);
  bool holds(size_t length) const;
  void take(size_t length, std::vector<Frame>& found);
  void drop(size_t count);

  ResponseLength length_;
  std::array<uint8_t, kLongestFrame> window_{};
  size_t pending_ = 0;
  uint64_t offset_ = 0;
  uint64_t discarded_ = 0;
};

}  // namespace asicr
