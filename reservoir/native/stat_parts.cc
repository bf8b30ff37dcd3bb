#include "stat_parts.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "team.h"

namespace asicr {
namespace {

constexpr size_t kMostKept = 7;

// Outlives the call that made it as long as some thread looks at it.
struct Work {
  const std::function<void(size_t)>& part;
  const size_t parts;
  std::atomic<size_t> seats;
  std::atomic<size_t> next{0};
  std::atomic<size_t> done{0};

  Work(const std::function<void(size_t)>& each, size_t count, size_t others) : part(each), parts(count), seats(others) {}

  // Touches `part` only for parts that are still to do, while the caller waits.
  void take() {
    for (size_t i = next.fetch_add(1); i < parts; i = next.fetch_add(1)) {
      part(i);
      done.fetch_add(1, std::memory_order_release);
    }
  }

  bool seat() {
    size_t free = seats.load();
    while (free > 0 && !seats.compare_exchange_weak(free, free - 1)) {
    }
    return free > 0;
  }
};

class Threads {
 public:
  ~Threads() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ending_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  // Null when another's work is being done.
  std::shared_ptr<Work> offer(const std::function<void(size_t)>& part, size_t parts, size_t others) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (work_) return nullptr;
    try {
      while (threads_.size() < others && threads_.size() < kMostKept) threads_.emplace_back(&Threads::follow, this);
    } catch (const std::system_error&) {
      // No more threads to be had: those that started do the work.
    }
    work_ = std::make_shared<Work>(part, parts, others);
    ++round_;
    wake_.notify_all();
    return work_;
  }

  void withdraw() {
    const std::lock_guard<std::mutex> lock(mutex_);
    work_ = nullptr;
  }

  size_t count() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return threads_.size();
  }

 private:
  void follow() {
    size_t seen = 0;
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return ending_ || (work_ && round_ != seen); });
      if (ending_) return;
      seen = round_;
      const std::shared_ptr<Work> work = work_;
      lock.unlock();
      if (work->seat()) work->take();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::thread> threads_;
  std::shared_ptr<Work> work_;
  size_t round_ = 0;
  bool ending_ = false;
};

// Ends its threads when the addon is unloaded or the process ends.
Threads& threads() {
  static Threads kept;
  return kept;
}

}  // namespace

void inParts(size_t parts, size_t members, const std::function<void(size_t)>& part) {
  const std::shared_ptr<Work> work = members > 1 && parts > 1 ? threads().offer(part, parts, std::min(members, parts) - 1) : nullptr;
  if (!work) {
    for (size_t i = 0; i < parts; ++i) part(i);
    return;
  }
  work->take();
  threads().withdraw();
  Patience patience;
  while (work->done.load(std::memory_order_acquire) < parts) patience.wait();
}

size_t keptThreads() { return threads().count(); }

}  // namespace asicr
