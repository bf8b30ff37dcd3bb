// Memory to work in, not zeroed. Large blocks ask for large pages: scattering over millions of values otherwise waits for page tables.
#pragma once
#include <cstddef>
#include <cstdlib>
#include <limits>
#include <memory>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace asicr {

template <typename T>
class Scratch {
 public:
  // False when the memory is not there.
  bool allocate(size_t count) {
    constexpr size_t kPage = size_t{1} << 21, kLine = 64;
    memory_.reset();
    if (count > (std::numeric_limits<size_t>::max() - kPage) / sizeof(T)) return false;
    const size_t bytes = count * sizeof(T) == 0 ? 1 : count * sizeof(T);
    const size_t unit = bytes >= 2 * kPage ? kPage : kLine;
    const size_t rounded = (bytes + unit - 1) / unit * unit;
    memory_.reset(static_cast<T*>(std::aligned_alloc(unit, rounded)));
#if defined(__linux__)
    // Without large pages it is only slower.
    if (memory_ && unit == kPage) static_cast<void>(madvise(memory_.get(), rounded, MADV_HUGEPAGE));
#endif
    return memory_ != nullptr;
  }

  T* data() { return memory_.get(); }
  const T* data() const { return memory_.get(); }
  T& operator[](size_t i) { return memory_.get()[i]; }

 private:
  struct Free {
    void operator()(T* memory) const { std::free(memory); }
  };
  std::unique_ptr<T[], Free> memory_;
};

}  // namespace asicr
