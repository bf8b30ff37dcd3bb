// Blocks that are given back serve the next who asks, within bounds.
#include "stat_memory.h"

#include <cstdint>
#include <cstdlib>
#include <limits>
#include <vector>

#include "check.h"

using namespace asicr;

namespace {

constexpr size_t kMiB = size_t{1} << 20;

void servesAgain() {
  const Block first = takeBlock(8 * kMiB);
  CHECK(first.memory != nullptr && reinterpret_cast<uintptr_t>(first.memory) % (2 * kMiB) == 0);
  const Block second = takeBlock(8 * kMiB);
  CHECK(second.memory != first.memory);
  giveBlock(first);
  CHECK(keptBytes() == 8 * kMiB);
  // Neither what it cannot hold nor what would waste most of it.
  const Block larger = takeBlock(9 * kMiB), smaller = takeBlock(kMiB), half = takeBlock(4 * kMiB - 1);
  CHECK(keptBytes() == 8 * kMiB);
  const Block again = takeBlock(7 * kMiB);
  CHECK(again.memory == first.memory && again.bytes == first.bytes && keptBytes() == 0);
  for (const Block& block : {second, larger, smaller, half, again}) giveBlock(block);
  giveBlock({nullptr, 0});
}

void servesHalfALargePageAgain() {
  const Block half = takeBlock(kMiB), less = takeBlock(kMiB - 64);
  CHECK(reinterpret_cast<uintptr_t>(half.memory) % (2 * kMiB) == 0 && half.bytes == 2 * kMiB && less.bytes == kMiB - 64);
  giveBlock(less);
  CHECK(keptBytes() == 0);
  giveBlock(half);
  CHECK(keptBytes() == 2 * kMiB);
  const Block again = takeBlock(2 * kMiB);
  CHECK(again.memory == half.memory && keptBytes() == 0);
  std::free(again.memory);
}

void keepsNotWithoutEnd() {
  std::vector<Block> taken;
  for (size_t i = 0; i < 40; ++i) taken.push_back(takeBlock(8 * kMiB));
  for (const Block& block : taken) giveBlock(block);
  CHECK(keptBytes() <= kMostKept && keptBytes() > kMostKept / 2);
}

void scratchIsAsLongAsAsked() {
  Scratch<double> scratch;
  for (const size_t count : {size_t{0}, size_t{3}, kMiB}) {
    CHECK(scratch.allocate(count));
    for (size_t i = 0; i < count; ++i) scratch[i] = 1;
  }
  CHECK(!scratch.allocate(std::numeric_limits<size_t>::max() / sizeof(double)));
  CHECK(scratch.data() == nullptr);
}

}  // namespace

int main() {
  servesHalfALargePageAgain();
  servesAgain();
  keepsNotWithoutEnd();
  scratchIsAsLongAsAsked();
  std::printf("%zu MiB kept\n", keptBytes() / kMiB);
}
