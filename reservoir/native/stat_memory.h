// Memory to work in, not zeroed. Blocks of 4 MiB ask for large pages, without which scattering over millions of values waits for page tables;
// those of 1 MiB and more are kept for who asks next: the system clears fresh pages more slowly than most statistics fill them.
#pragma once
#include <cstddef>
#include <limits>

namespace asicr {

struct Block {
  void* memory;
  size_t bytes;
};

// Null when the memory is not there. From any thread, as is giveBlock.
Block takeBlock(size_t bytes);
void giveBlock(const Block& block);
// Bytes that wait for who asks next: at most kMostKept.
size_t keptBytes();
constexpr size_t kMostKept = size_t{96} << 20;

template <typename T>
class Scratch {
 public:
  Scratch() = default;
  ~Scratch() { giveBlock(block_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  // False when the memory is not there.
  bool allocate(size_t count) {
    giveBlock(block_);
    block_ = {nullptr, 0};
    if (count > std::numeric_limits<size_t>::max() / 2 / sizeof(T)) return false;
    block_ = takeBlock(count * sizeof(T));
    return block_.memory != nullptr;
  }

  T* data() { return static_cast<T*>(block_.memory); }
  const T* data() const { return static_cast<const T*>(block_.memory); }
  T& operator[](size_t i) { return data()[i]; }

 private:
  Block block_{nullptr, 0};
};

}  // namespace asicr
