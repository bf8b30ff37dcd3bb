#include "drivers/native/port_thread.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <future>
#include <system_error>

namespace asicr {

namespace {

// More than a thread that serves a port goes down.
constexpr size_t kStackBytes = 64 * 1024;

// The stack below here is in memory from now on: the first use of a page costs a fault, and a deadline is no time for one.
void touchStack() {
  volatile uint8_t pages[kStackBytes];
  for (size_t at = 0; at < kStackBytes; at += 1024) pages[at] = 0;
  (void)pages[0];
}

// The calling thread's own affairs: from outside they could only be set while it surely lives, and one that has just ended is taken for
// the caller (a thread number of 0).
bool becomePortThread(const char* name, int priority) {
  pthread_setname_np(pthread_self(), name);
  // An ordinary thread's timers are otherwise late by 50 us on purpose.
  prctl(PR_SET_TIMERSLACK, 1UL);
  touchStack();
  sched_param wanted{};
  wanted.sched_priority = priority;
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &wanted) == 0;
}

}  // namespace

bool startPortThread(std::thread& thread, const char* name, int priority, std::function<void()> body, bool& realtime, int& error) {
  sigset_t all, before;
  sigfillset(&all);
  std::promise<bool> begun;
  std::future<bool> granted = begun.get_future();
  // A new thread inherits the mask of its maker.
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread = std::thread([name, priority, begun = std::move(begun), body = std::move(body)]() mutable {
      begun.set_value(becomePortThread(name, priority));
      body();
    });
  } catch (const std::system_error& refused) {
    error = refused.code().value();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!thread.joinable()) return false;
  realtime = granted.get();
  return true;
}

int copyOfPort(int fd, int& error) {
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) {
    error = errno;
    return -1;
  }
  // A blocking read or write would hold the thread beyond its stop for ever.
  const int flags = fcntl(copy, F_GETFL);
  if (flags < 0 || ((flags & O_NONBLOCK) == 0 && fcntl(copy, F_SETFL, flags | O_NONBLOCK) < 0)) {
    error = errno;
    close(copy);
    return -1;
  }
  return copy;
}

int wakeDescriptor(int& error) {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) error = errno;
  return fd;
}

void signalDescriptor(int fd) {
  const uint64_t one = 1;
  while (write(fd, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void clearDescriptor(int fd) {
  uint64_t signals = 0;
  while (read(fd, &signals, sizeof signals) < 0 && errno == EINTR) {
  }
}

}  // namespace asicr
