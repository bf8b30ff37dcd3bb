#include "stat_memory.h"

#include <cstdlib>
#include <mutex>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace asicr {
namespace {

constexpr size_t kPage = size_t{1} << 21, kLine = 64;
constexpr size_t kMostBlocks = 64;

std::mutex mutex;
Block kept[kMostBlocks];
size_t blocks = 0;
size_t bytesKept = 0;

// From here on blocks are kept: clearing small pages anew costs a network's states, 8 kB a step, a quarter of the time of making them.
bool isKept(size_t bytes) { return bytes >= kPage / 2; }

// From here on they ask for large pages. Used once, a large page can cost more than its share of small ones: a virtual machine that has given
// its free memory back to its host has each filled there again, in 5 ms where 0.2 ms is usual and small ones take 0.6.
bool isLarge(size_t bytes) { return bytes >= 2 * kPage; }

// The smallest that holds so many bytes without wasting as many again.
Block takeKept(size_t bytes) {
  const std::lock_guard<std::mutex> lock(mutex);
  size_t best = blocks;
  for (size_t b = 0; b < blocks; ++b)
    if (kept[b].bytes >= bytes && kept[b].bytes <= 2 * bytes && (best == blocks || kept[b].bytes < kept[best].bytes)) best = b;
  if (best == blocks) return {nullptr, 0};
  const Block found = kept[best];
  kept[best] = kept[--blocks];
  bytesKept -= found.bytes;
  return found;
}

}  // namespace

Block takeBlock(size_t bytes) {
  if (isKept(bytes)) {
    const Block found = takeKept(bytes);
    if (found.memory != nullptr) return found;
  }
  const size_t unit = isKept(bytes) ? kPage : kLine;
  const size_t rounded = bytes == 0 ? unit : (bytes + unit - 1) / unit * unit;
  void* const memory = std::aligned_alloc(unit, rounded);
#if defined(__linux__)
  // Without large pages it is only slower.
  if (memory != nullptr && isLarge(bytes)) static_cast<void>(madvise(memory, rounded, MADV_HUGEPAGE));
#endif
  return {memory, memory == nullptr ? 0 : rounded};
}

void giveBlock(const Block& block) {
  if (block.memory == nullptr) return;
  if (isKept(block.bytes)) {
    const std::lock_guard<std::mutex> lock(mutex);
    if (blocks < kMostBlocks && bytesKept + block.bytes <= kMostKept) {
      kept[blocks++] = block;
      bytesKept += block.bytes;
      return;
    }
  }
  std::free(block.memory);
}

size_t keptBytes() {
  const std::lock_guard<std::mutex> lock(mutex);
  return bytesKept;
}

}  // namespace asicr
