// Threads that work on one problem together, for parallel sections as short as a few microseconds.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace asicr {

class Team {
 public:
  // The caller is one of the members. Fewer start when the system gives no more threads.
  explicit Team(size_t members = defaultMembers());
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  size_t size() const { return threads_.size() + 1; }

  // Calls task(member) once for every member, at the same time, and returns when all are done. The task must not throw.
  void run(const std::function<void(size_t)>& task);

  // Calls task(item) for 0 .. items - 1; whoever is free takes the next.
  void share(size_t items, const std::function<void(size_t)>& task);

  // Processors of this machine, at most 8, unless setDefaultMembers said otherwise.
  static size_t defaultMembers();
  // 0 goes back to the number of processors.
  static void setDefaultMembers(size_t members);

 private:
  void follow(size_t member);

  std::vector<std::thread> threads_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::atomic<size_t> round_{0};
  std::atomic<size_t> running_{0};
  std::atomic<bool> ending_{false};
  const std::function<void(size_t)>* task_ = nullptr;
};

// Lets the other hardware thread run, and after a while the other threads of this processor.
class Patience {
 public:
  // True while it is still worth waiting awake.
  bool wait();

 private:
  size_t waited_ = 0;
};

}  // namespace asicr
