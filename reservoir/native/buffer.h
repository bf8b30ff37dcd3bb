// Aligned memory for the linear algebra, without exceptions: a failed allocation is an answer, not a throw.
#pragma once
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>

namespace asicr {

// Zeroed doubles on a 64-byte boundary (one cache line, one AVX-512 register).
class Buffer {
 public:
  // False when the memory is not there; the buffer is then empty.
  bool allocate(size_t count) {
    memory_.reset();
    constexpr size_t kAlignment = 64;
    if (count > std::numeric_limits<size_t>::max() / sizeof(double) - kAlignment) return false;
    const size_t bytes = (count * sizeof(double) + kAlignment - 1) / kAlignment * kAlignment;
    memory_.reset(static_cast<double*>(std::aligned_alloc(kAlignment, bytes == 0 ? kAlignment : bytes)));
    if (!memory_) return false;
    std::memset(memory_.get(), 0, bytes);
    return true;
  }

  // As above for a rows x columns block, refusing a product that overflows.
  bool allocate(size_t rows, size_t columns) {
    if (columns != 0 && rows > std::numeric_limits<size_t>::max() / columns) return false;
    return allocate(rows * columns);
  }

  double* data() { return memory_.get(); }
  const double* data() const { return memory_.get(); }

 private:
  struct Free {
    void operator()(double* memory) const { std::free(memory); }
  };
  std::unique_ptr<double[], Free> memory_;
};

}  // namespace asicr
