// When the bytes that a pseudo-terminal hands over were written: the kernel's notices of the writes tell, whenever the bytes come.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace asicr {

// Bytes that were written together, when, and the client's line rate.
struct Arrival {
  int64_t tNs;
  uint32_t baud;
  std::vector<uint8_t> bytes;
};

// The frames in what a host sends to chips, by the length that each carries: bytes 0x55 0xAA before it or not (specs/bm1366.md 1.2,
// specs/bm1387.md 1.2, 1.6). Sizes of the pieces, which add up to `bytes`; what is no whole frame is one piece with all that follows.
std::vector<size_t> framesIn(const std::vector<uint8_t>& bytes);

// Notices of writes whose bytes have not been dated yet, oldest first. A notice does not say how many bytes were written, a client
// may write several frames at once, and two notices that nobody fetched between are one.
class WriteDates {
 public:
  void noticed(int64_t tNs);

  // Dates bytes that were read in one go and forgets their notices. `provenNs`: whatever was written before it is among the bytes, so
  // notices from before it belong to them and to nothing else. Frames beyond the notices were written with the one before them, in one call
  // or before the notice was fetched: they have its date, those of the next reading too. `readNs` is the date where there is no notice at all: never too early.
  std::vector<Arrival> date(const std::vector<uint8_t>& bytes, int64_t provenNs, int64_t readNs, uint32_t baud);

  // Whether there is a notice for every frame. The notice of a write that was read the moment it was made may come a little later.
  bool sufficeFor(const std::vector<uint8_t>& bytes) const;

  // All that was written before has been read: notices from before that are left are of bytes that came ahead of them.
  void handedOver(int64_t provenNs);

  // The present as far as bytes may show it: `nowNs`, or the time of the oldest write whose bytes are still in the kernel. A notice
  // older than kLongestHandOverNs holds the time up no more.
  int64_t known(int64_t nowNs) const;

 private:
  std::vector<int64_t> open_;
  // Date of the last notice while it was one of more frames than have been read, as far as anybody knows.
  std::optional<int64_t> shared_;
};

// Five times the longest hand-over that was seen on a crowded machine. GUESS: above it something else is wrong.
constexpr int64_t kLongestHandOverNs = 1'000'000'000;

}  // namespace asicr
