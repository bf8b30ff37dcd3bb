#include "drivers/native/port_thread.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace asicr {

bool startPortThread(std::thread& thread, const char* name, int priority, std::function<void()> body, bool& realtime, int& error) {
  sigset_t all, before;
  sigfillset(&all);
  // A new thread inherits the mask of its maker.
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread = std::thread(std::move(body));
  } catch (const std::system_error& refused) {
    error = refused.code().value();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!thread.joinable()) return false;
  pthread_setname_np(thread.native_handle(), name);
  sched_param wanted{};
  wanted.sched_priority = priority;
  realtime = pthread_setschedparam(thread.native_handle(), SCHED_FIFO, &wanted) == 0;
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
