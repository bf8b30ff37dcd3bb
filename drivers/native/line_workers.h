// The kernel's workers that carry bytes from a port's driver to whoever reads it. On Linux a tty hands what has arrived to an unbound worker
// (kworker/u*, flush_to_ldisc), which runs at ordinary priority: on a busy machine it waits for a time slice of milliseconds, and every reader
// waits with it, whatever the reader's own priority. Under SCHED_FIFO it does not.
#pragma once
#include <sys/types.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace asicr {

// Above every ordinary program, below the threads that serve ports (40 and more), so that carrying bytes never delays the watchdog.
constexpr int kLineWorkerPriority = 30;

enum class TaskKind { kGone, kOther, kLineWorker };

// What /proc/PID/stat says: a worker is a thread of the kernel (its flags say so: a program may call itself anything) named kworker/u*.
TaskKind taskKindOf(const std::string& stat);

struct Schedule {
  bool ordinary;  // SCHED_OTHER
  bool ours;      // SCHED_FIFO at kLineWorkerPriority
};

// What is asked of the system.
class Tasks {
 public:
  virtual ~Tasks() = default;
  virtual std::vector<pid_t> ids() = 0;
  virtual TaskKind kindOf(pid_t id) = 0;
  virtual Schedule scheduleOf(pid_t id) = 0;
  // 0, or an errno.
  virtual int makeRealtime(pid_t id) = 0;
  virtual void makeOrdinary(pid_t id) = 0;
};

// Finds the workers anew each time it is asked: they come and go. Those that are neither ordinary nor as this leaves them are somebody else's.
class LineWorkers {
 public:
  explicit LineWorkers(Tasks& tasks) : tasks_(tasks) {}

  // 0, or the errno of the first that could not be made real-time.
  int hurry();

  // The same for those that are known: another program that let go has made them ordinary.
  int keep();

  // Makes ordinary again what is as hurry() leaves it, also after a program that was killed.
  void release();

  size_t count() const { return workers_.size(); }

 private:
  // Whether it runs at our priority now; `error` becomes the first refusal.
  bool hurried(pid_t id, int& error);

  Tasks& tasks_;
  std::set<pid_t> workers_;
  // Asked once: a task is a worker for life.
  std::set<pid_t> others_;
};

// As long as anybody in this process holds it, a thread looks for workers once a second, and ten times whether those it knows are as it left
// them; the last one to let go makes them ordinary again. A
// system that refuses all of them at the first look is not asked again. Needs CAP_SYS_NICE, and to see the kernel's threads in /proc.
class LineWorkersHold {
 public:
  // The process's one.
  static std::shared_ptr<LineWorkersHold> take();
  ~LineWorkersHold();

  // How many run at real-time priority now, and the errno of a refusal, else 0. The first look is over when take() returns.
  size_t count();
  int refusal();

 private:
  LineWorkersHold();
  void run();

  std::unique_ptr<Tasks> tasks_;
  LineWorkers workers_;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool ended_ = false;
  int refusal_ = 0;
  std::thread thread_;
};

}  // namespace asicr
