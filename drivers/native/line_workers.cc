#include "drivers/native/line_workers.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <system_error>

namespace asicr {
namespace {

constexpr const char* kWorkerName = "kworker/u";
// linux/sched.h: PF_KTHREAD.
constexpr unsigned long kKernelThread = 0x00200000;
constexpr std::chrono::milliseconds kKeepEvery{100};
constexpr int kKeepsPerLook = 10;

class LinuxTasks : public Tasks {
 public:
  std::vector<pid_t> ids() override {
    std::vector<pid_t> found;
    DIR* folder = opendir("/proc");
    if (folder == nullptr) return found;
    while (const dirent* entry = readdir(folder)) {
      char* end = nullptr;
      const long id = std::strtol(entry->d_name, &end, 10);
      if (end != entry->d_name && *end == '\0' && id > 0) found.push_back(static_cast<pid_t>(id));
    }
    closedir(folder);
    return found;
  }

  TaskKind kindOf(pid_t id) override {
    const int fd = open(("/proc/" + std::to_string(id) + "/stat").c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return TaskKind::kGone;
    char text[512];
    const ssize_t length = read(fd, text, sizeof text);
    close(fd);
    return length <= 0 ? TaskKind::kGone : taskKindOf(std::string(text, static_cast<size_t>(length)));
  }

  Schedule scheduleOf(pid_t id) override {
    sched_param parameters{};
    const int policy = sched_getscheduler(id);
    if (policy < 0 || sched_getparam(id, &parameters) != 0) return {false, false};
    return {policy == SCHED_OTHER, policy == SCHED_FIFO && parameters.sched_priority == kLineWorkerPriority};
  }

  int makeRealtime(pid_t id) override { return set(id, SCHED_FIFO, kLineWorkerPriority); }
  void makeOrdinary(pid_t id) override { set(id, SCHED_OTHER, 0); }

 private:
  static int set(pid_t id, int policy, int priority) {
    sched_param wanted{};
    wanted.sched_priority = priority;
    return sched_setscheduler(id, policy, &wanted) == 0 ? 0 : errno;
  }
};

}  // namespace

// proc(5): pid (comm) state ppid pgrp session tty_nr tpgid flags ...; a name may hold parentheses and blanks.
TaskKind taskKindOf(const std::string& stat) {
  const size_t open = stat.find('(');
  const size_t close = stat.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return TaskKind::kGone;
  if (stat.compare(open + 1, std::string(kWorkerName).size(), kWorkerName) != 0) return TaskKind::kOther;
  std::istringstream rest(stat.substr(close + 1));
  std::string skipped;
  unsigned long flags = 0;
  for (int i = 0; i < 6; i++) rest >> skipped;
  return rest >> flags && (flags & kKernelThread) != 0 ? TaskKind::kLineWorker : TaskKind::kOther;
}

int LineWorkers::hurry() {
  std::set<pid_t> workers, others;
  int refusal = 0;
  for (const pid_t id : tasks_.ids()) {
    if (others_.count(id) != 0) {
      others.insert(id);
      continue;
    }
    const TaskKind kind = tasks_.kindOf(id);
    if (kind == TaskKind::kOther) others.insert(id);
    if (kind != TaskKind::kLineWorker) continue;
    if (hurried(id, refusal)) workers.insert(id);
  }
  workers_.swap(workers);
  others_.swap(others);
  return refusal;
}

int LineWorkers::keep() {
  int refusal = 0;
  for (auto at = workers_.begin(); at != workers_.end();)
    at = tasks_.kindOf(*at) == TaskKind::kLineWorker && hurried(*at, refusal) ? std::next(at) : workers_.erase(at);
  return refusal;
}

bool LineWorkers::hurried(pid_t id, int& error) {
  const Schedule schedule = tasks_.scheduleOf(id);
  if (!schedule.ordinary) return schedule.ours;
  const int refusal = tasks_.makeRealtime(id);
  // One that has ended meanwhile is no refusal.
  if (refusal != 0 && refusal != ESRCH && error == 0) error = refusal;
  return refusal == 0;
}

void LineWorkers::release() {
  for (const pid_t id : workers_)
    if (tasks_.kindOf(id) == TaskKind::kLineWorker && tasks_.scheduleOf(id).ours) tasks_.makeOrdinary(id);
  workers_.clear();
}

LineWorkersHold::LineWorkersHold() : tasks_(std::make_unique<LinuxTasks>()), workers_(*tasks_) {
  refusal_ = workers_.hurry();
  if (refusal_ != 0 && workers_.count() == 0) return;
  sigset_t all, before;
  sigfillset(&all);
  // Signals are the main thread's.
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& refused) {
    refusal_ = refused.code().value();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LineWorkersHold::~LineWorkersHold() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
  }
  ending_.notify_all();
  if (thread_.joinable()) thread_.join();
  workers_.release();
}

std::shared_ptr<LineWorkersHold> LineWorkersHold::take() {
  static std::mutex taking;
  static std::weak_ptr<LineWorkersHold> held;
  const std::lock_guard<std::mutex> lock(taking);
  std::shared_ptr<LineWorkersHold> hold = held.lock();
  if (hold == nullptr) {
    hold.reset(new LineWorkersHold());
    held = hold;
  }
  return hold;
}

void LineWorkersHold::run() {
  pthread_setname_np(pthread_self(), "asicr-workers");
  std::unique_lock<std::mutex> lock(mutex_);
  for (int turn = 1; !ending_.wait_for(lock, kKeepEvery, [this] { return ended_; }); turn++) {
    // One worker that is refused is no reason to let go of the others.
    refusal_ = turn % kKeepsPerLook == 0 ? workers_.hurry() : workers_.keep();
  }
}

size_t LineWorkersHold::count() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return workers_.count();
}

int LineWorkersHold::refusal() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return refusal_;
}

}  // namespace asicr
