#include "write_dates.h"

#include <algorithm>

namespace asicr {
namespace {

// More than this unread says nothing that fewer do not.
constexpr size_t kMostNotices = 4096;
constexpr size_t kPreamble = 2;
constexpr size_t kShortestFrame = 5;

constexpr uint8_t kJob = 0x21;

size_t preambleAt(const std::vector<uint8_t>& bytes, size_t at) { return bytes[at] == 0x55 && bytes[at + 1] == 0xAA ? kPreamble : 0; }

// Length of the frame that begins at `at`, or 0.
size_t frameLength(const std::vector<uint8_t>& bytes, size_t at) {
  const size_t left = bytes.size() - at;
  if (left < kShortestFrame) return 0;
  const size_t preamble = preambleAt(bytes, at);
  const size_t length = preamble + bytes[at + preamble + 1];
  return length >= kShortestFrame && length <= left ? length : 0;
}

// Pieces with neighbouring commands taken together, as a client may have written them.
std::vector<size_t> commandsTogether(const std::vector<uint8_t>& bytes, const std::vector<size_t>& frames) {
  std::vector<size_t> pieces;
  bool command = false;
  size_t at = 0;
  for (const size_t size : frames) {
    const bool isCommand = size >= kShortestFrame && bytes[at + preambleAt(bytes, at)] != kJob;
    if (command && isCommand) {
      pieces.back() += size;
    } else {
      pieces.push_back(size);
    }
    command = isCommand;
    at += size;
  }
  return pieces;
}

}  // namespace

std::vector<size_t> framesIn(const std::vector<uint8_t>& bytes) {
  std::vector<size_t> frames;
  for (size_t at = 0; at < bytes.size();) {
    const size_t length = frameLength(bytes, at);
    frames.push_back(length > 0 ? length : bytes.size() - at);
    at += frames.back();
  }
  return frames;
}

void WriteDates::noticed(int64_t tNs) {
  if (open_.size() < kMostNotices) open_.push_back(tNs);
}

std::vector<Arrival> WriteDates::date(const std::vector<uint8_t>& bytes, int64_t provenNs, int64_t readNs, uint32_t baud) {
  const auto proven = static_cast<size_t>(std::lower_bound(open_.begin(), open_.end(), provenNs) - open_.begin());
  std::vector<size_t> pieces = framesIn(bytes);
  if (pieces.size() > proven) {
    const std::vector<size_t> fewer = commandsTogether(bytes, pieces);
    if (fewer.size() <= proven) pieces = fewer;
  }
  // Too many: the oldest are of bytes that were read before their notice came.
  const size_t first = proven > pieces.size() ? proven - pieces.size() : 0;
  const size_t last = std::min(first + pieces.size(), open_.size());
  std::vector<Arrival> arrivals;
  size_t at = 0;
  for (size_t i = 0; i < pieces.size(); i++) {
    const auto begin = bytes.begin() + static_cast<ptrdiff_t>(at);
    const int64_t tNs = first == last ? shared_.value_or(readNs) : open_[std::min(first + i, last - 1)];
    arrivals.push_back({tNs, baud, std::vector<uint8_t>(begin, begin + static_cast<ptrdiff_t>(pieces[i]))});
    at += pieces[i];
  }
  if (last - first == pieces.size()) shared_.reset();
  else if (last > first) shared_ = open_[last - 1];
  open_.erase(open_.begin(), open_.begin() + static_cast<ptrdiff_t>(last));
  return arrivals;
}

bool WriteDates::sufficeFor(const std::vector<uint8_t>& bytes) const {
  return open_.size() >= commandsTogether(bytes, framesIn(bytes)).size();
}

void WriteDates::handedOver(int64_t provenNs) { open_.erase(open_.begin(), std::lower_bound(open_.begin(), open_.end(), provenNs)); }

int64_t WriteDates::known(int64_t nowNs) const {
  for (const int64_t tNs : open_)
    if (nowNs - tNs <= kLongestHandOverNs) return std::min(nowNs, tNs);
  return nowNs;
}

}  // namespace asicr
