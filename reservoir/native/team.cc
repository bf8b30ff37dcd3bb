#include "team.h"

#include <algorithm>
#include <system_error>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace asicr {
namespace {

// About 20 us awake on current processors, then the processor is offered to others, and after that it pays to sleep.
constexpr size_t kAwake = 500;
constexpr size_t kYielding = 520;
constexpr size_t kMostMembers = 8;

std::atomic<size_t> chosenMembers{0};

}  // namespace

bool Patience::wait() {
  ++waited_;
  if (waited_ > kAwake) {
    std::this_thread::yield();
  } else {
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  return waited_ < kYielding;
}

size_t Team::defaultMembers() {
  const size_t chosen = chosenMembers.load(std::memory_order_relaxed);
  return chosen > 0 ? chosen : std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kMostMembers);
}

void Team::setDefaultMembers(size_t members) { chosenMembers.store(std::min(members, kMostMembers), std::memory_order_relaxed); }

Team::Team(size_t members) {
  threads_.reserve(members);
  try {
    for (size_t member = 1; member < members; ++member) threads_.emplace_back(&Team::follow, this, member);
  } catch (const std::system_error&) {
    // No more threads to be had: those that started do the work.
  }
}

Team::~Team() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending_.store(true, std::memory_order_release);
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Team::run(const std::function<void(size_t)>& task) {
  if (!threads_.empty()) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      task_ = &task;
      running_.store(threads_.size(), std::memory_order_relaxed);
      round_.fetch_add(1, std::memory_order_release);
    }
    wake_.notify_all();
  }
  task(0);
  Patience patience;
  while (running_.load(std::memory_order_acquire) > 0) patience.wait();
}

void Team::share(size_t items, const std::function<void(size_t)>& task) {
  std::atomic<size_t> next{0};
  run([&](size_t) {
    for (size_t item = next.fetch_add(1); item < items; item = next.fetch_add(1)) task(item);
  });
}

void Team::follow(size_t member) {
  size_t seen = 0;
  while (true) {
    Patience patience;
    while (round_.load(std::memory_order_acquire) == seen && !ending_.load(std::memory_order_acquire))
      if (!patience.wait()) {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, [&] { return round_.load() != seen || ending_.load(); });
      }
    if (round_.load(std::memory_order_acquire) == seen) return;
    ++seen;
    (*task_)(member);
    running_.fetch_sub(1, std::memory_order_acq_rel);
  }
}

}  // namespace asicr
