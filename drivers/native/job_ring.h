// The last jobs of a pump, by sequence number: one thread writes, any may read, nobody waits for anybody.
#pragma once
#include <sched.h>

#include <array>
#include <atomic>
#include <cstring>
#include <optional>
#include <type_traits>
#include <vector>

#include "drivers/native/job_builder.h"

namespace asicr {

// A job enters when it is about to be written, so that whoever sees one of its nonces finds it, and is entered again, settled, when the
// kernel has it.
class JobRing {
 public:
  struct Entry {
    PumpedJob job;
    bool settled;
  };

  // `firstSeq` is the first job that will be entered; each next one has the next number.
  JobRing(size_t capacity, uint64_t firstSeq) : slots_(capacity), first_(firstSeq), next_(firstSeq) {}

  // Writer only.
  void put(const PumpedJob& job, bool settled) {
    Slot& slot = slots_[job.seq % slots_.size()];
    const uint64_t stamp = stampOf(job.seq, settled);
    uint64_t words[kWords];
    std::memcpy(words, &job, sizeof words);
    // Odd while it is being written (a sequence lock, with every word atomic).
    slot.stamp.store(stamp - 1, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    for (size_t i = 0; i < kWords; i++) slot.words[i].store(words[i], std::memory_order_relaxed);
    slot.stamp.store(stamp, std::memory_order_release);
    if (!settled) next_.store(job.seq + 1, std::memory_order_release);
  }

  // The number the next job will get.
  uint64_t next() const { return next_.load(std::memory_order_acquire); }

  // The oldest job that is still held.
  uint64_t oldest() const {
    const uint64_t end = next();
    return end - first_ > slots_.size() ? end - slots_.size() : first_;
  }

  // Nothing when the job was not entered yet, or has made room for a later one.
  std::optional<Entry> get(uint64_t seq) const {
    const Slot& slot = slots_[seq % slots_.size()];
    while (true) {
      const uint64_t before = slot.stamp.load(std::memory_order_acquire);
      uint64_t words[kWords];
      for (size_t i = 0; i < kWords; i++) words[i] = slot.words[i].load(std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_acquire);
      const uint64_t after = slot.stamp.load(std::memory_order_relaxed);
      if (after > stampOf(seq, true) || after < stampOf(seq, false) - 1) return std::nullopt;
      if (before == after && after % 2 == 0) {
        Entry entry{{}, after == stampOf(seq, true)};
        std::memcpy(&entry.job, words, sizeof words);
        return entry;
      }
      sched_yield();
    }
  }

 private:
  static_assert(std::is_trivially_copyable_v<PumpedJob> && sizeof(PumpedJob) % sizeof(uint64_t) == 0);
  static constexpr size_t kWords = sizeof(PumpedJob) / sizeof(uint64_t);

  struct Slot {
    std::atomic<uint64_t> stamp{0};
    std::array<std::atomic<uint64_t>, kWords> words{};
  };

  // Even, never 0, and growing with every entry into a slot.
  static uint64_t stampOf(uint64_t seq, bool settled) { return 4 * seq + (settled ? 4 : 2); }

  std::vector<Slot> slots_;
  uint64_t first_;
  std::atomic<uint64_t> next_;
};

}  // namespace asicr
