// Words of a stored chunk, read from front to back and never beyond the end.
#pragma once
#include <cstddef>
#include <cstdint>

namespace asicr {

class WordReader {
 public:
  WordReader(const uint32_t* words, size_t count) : at_(words), left_(count) {}

  // The next `count` words; nullptr, and nothing is taken, when fewer are left.
  const uint32_t* take(size_t count) {
    if (count > left_) return nullptr;
    const uint32_t* taken = at_;
    at_ += count;
    left_ -= count;
    return taken;
  }

  size_t left() const { return left_; }

 private:
  const uint32_t* at_;
  size_t left_;
};

}  // namespace asicr
