// Aligned memory for the linear algebra, without exceptions: a failed allocation is an answer, not a throw.
#pragma once
#include <sys/mman.h>

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
    if (count > std::numeric_limits<size_t>::max() / sizeof(double) - kLargePage) return false;
    const size_t alignment = count * sizeof(double) < kLargePage / 4 ? kCacheLine : kLargePage;
    const size_t bytes = (count * sizeof(double) + alignment - 1) / alignment * alignment;
    memory_.reset(static_cast<double*>(std::aligned_alloc(alignment, bytes == 0 ? alignment : bytes)));
    if (!memory_) return false;
#if defined(MADV_HUGEPAGE)
    // A processor remembers few small pages, and reads ahead within one only. Where large ones are refused, small ones serve.
    if (alignment == kLargePage) madvise(memory_.get(), bytes, MADV_HUGEPAGE);
#endif
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
  static constexpr size_t kCacheLine = 64;
  static constexpr size_t kLargePage = size_t{1} << 21;

  struct Free {
    void operator()(double* memory) const { std::free(memory); }
  };
  std::unique_ptr<double[], Free> memory_;
};

}  // namespace asicr
