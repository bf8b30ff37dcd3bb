// Finds BM13xx response frames in a stream of bytes (specs/bm1366.md 1.5, 1.7, 1.8, 1.10; specs/bm1387.md 1.3-1.5).
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace asicr {

// How long responses are. BM1366: 9 bytes after reset, 11 with version rolling on. BM1387: 7, without a preamble.
enum class ResponseLength : uint8_t { kSeven, kNine, kEleven, kEither };

constexpr size_t kLongFrame = 11;
constexpr size_t kShortFrame = 9;
constexpr size_t kBareFrame = 7;

struct Frame {
  uint64_t offset;  // of its first byte in the stream
  uint8_t length;   // 7, 9 or 11; of a stray run any up to 11
  std::array<uint8_t, kLongFrame> bytes;
  bool stray = false;  // no frame: bytes that belong to none, without a gap
};

// CRC5, polynomial x^5+x^2+1, initially 0x1F, most significant bit first. Over a response, less its preamble, it is 0.
uint8_t crc5(const uint8_t* bytes, size_t count);

// What it finds depends on the bytes (and silences) alone, never on how they were cut into reads. Where no frame starts, one byte is
// dropped and the search goes on from the next.
//
// Seven bytes without a preamble are a frame when bits 6:5 of the last are 0 and the CRC holds: random bytes pass once in 128. In step,
// that is from the end of a frame on, it does not matter. After damage up to six wrong beginnings are tried before the next right
// one, so that the search locks onto a false frame in at most 6/128 = 4.7 % of the cases; each false frame costs the true one it
// overlaps, and is itself followed by a right beginning or another such search. Silence shortens this: while out of step, no frame is
// taken across one, because the next true frame begins after it. In step a frame may go on across a silence, since a late reader or a
// USB packet makes silences of its own; a fragment that ends a burst therefore makes a false frame with the next burst once in 128.
// What is false and has the nonce bit names a live job and then hashes to 32 zero bits once in 2^32 (specs/bm1387.md 1.5: always
// re-hash); what has not must have two zero bytes (1.4) and an outstanding question.
//
// With "either", eleven bytes are awaited and the long reading is preferred. A short frame that another follows is never taken for
// a long one: a CRC that stands at 0 does not return there over a preamble AA 55.
class FrameScanner {
 public:
  explicit FrameScanner(ResponseLength length) : length_(length) {}

  // Appends bytes that belong to no frame, too, in their place among the frames.
  void keepStrays() { keepsStrays_ = true; }

  // Appends the frames that these bytes complete.
  void feed(const uint8_t* bytes, size_t count, std::vector<Frame>& found);

  // The line is silent: with "either", nine or ten bytes that wait for more may be a short frame already.
  void flush(std::vector<Frame>& found);

  // The line was silent, for more than two byte times, between the bytes so far and the next one: a frame may start there.
  void silence();

  // The line has been silent for longer than any gap within a frame: what waits of a frame without preamble is none.
  void expire(std::vector<Frame>& found);

  // Nothing follows: what waits belongs to no frame.
  void abandon(std::vector<Frame>& found);

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
  void settleBare(std::vector<Frame>& found);
  bool holds(size_t length) const;
  bool holdsBare() const;
  void take(size_t length, std::vector<Frame>& found);
  void discard(size_t count, std::vector<Frame>& found);
  void drop(size_t count);

  ResponseLength length_;
  bool keepsStrays_ = false;
  std::array<uint8_t, kLongFrame> window_{};
  size_t pending_ = 0;
  // Bit i: window_[i] comes right after a frame or a silence.
  uint16_t starts_ = 1;
  uint64_t offset_ = 0;
  uint64_t discarded_ = 0;
};

}  // namespace asicr
