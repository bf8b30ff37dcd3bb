#include "pty_port.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <mutex>

#include "line_speed.h"

namespace asicr {
namespace {

// More than this unread and the thread leaves bytes in the kernel: a client that floods blocks itself, not us.
constexpr size_t kMaxArrivals = 4096;
// As much as a terminal holds.
constexpr size_t kMaxBytesInOneGo = 65'536;
// The kernel tells of a write right after it has handed its bytes over.
constexpr long kNoticeNs = 200'000;

std::string reason(const char* call) { return std::string(call) + ": " + std::strerror(errno); }

// Keeps the calling thread on every second of the processors that the process may use; with one it stays where it is.
void stayOnHalf(unsigned half) {
  cpu_set_t allowed, own;
  CPU_ZERO(&own);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2) return;
  unsigned seen = 0;
  for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &allowed) && seen++ % 2 == half) CPU_SET(cpu, &own);
  (void)sched_setaffinity(0, sizeof own, &own);
}

// Ahead of every ordinary thread: what a client writes must be read, or the terminal is full and the client waits as at no serial port. Where it
// is not allowed, times are as late as any thread is.
void beUrgent() {
  sched_param urgent{};
  urgent.sched_priority = 1;
  (void)pthread_setschedparam(pthread_self(), SCHED_FIFO, &urgent);
}

bool makeRaw(int fd) {
  termios settings{};
  if (tcgetattr(fd, &settings) != 0) return false;
  cfmakeraw(&settings);
  cfsetspeed(&settings, B115200);
  return tcsetattr(fd, TCSANOW, &settings) == 0;
}

}  // namespace

int64_t rawClockNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_RAW, &now);
  return static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec;
}

UrgentMutex::UrgentMutex() {
  pthread_mutexattr_t inheriting;
  pthread_mutexattr_init(&inheriting);
  // Where the system knows no inheritance it is an ordinary mutex.
  (void)pthread_mutexattr_setprotocol(&inheriting, PTHREAD_PRIO_INHERIT);
  pthread_mutex_init(&mutex_, &inheriting);
  pthread_mutexattr_destroy(&inheriting);
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.fd_;
    other.fd_ = -1;
  }
  return *this;
}

void FileDescriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::unique_ptr<PtyPort> PtyPort::open(std::function<void()> onArrival, std::string& error) {
  std::unique_ptr<PtyPort> port(new PtyPort());
  port->onArrival_ = std::move(onArrival);
  port->master_ = FileDescriptor(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  const int master = port->master_.get();
  char name[128];
  if (!port->master_.valid() || grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, sizeof name) != 0) {
    error = reason("posix_openpt");
    return nullptr;
  }
  port->path_ = name;
  port->slave_ = FileDescriptor(::open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!port->slave_.valid() || !makeRaw(port->slave_.get())) {
    error = reason(name);
    return nullptr;
  }
  port->watch_ = FileDescriptor(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!port->watch_.valid() || inotify_add_watch(port->watch_.get(), name, IN_OPEN | IN_CLOSE) < 0) port->clients_ = -1;
  port->writes_ = FileDescriptor(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (port->writes_.valid() && inotify_add_watch(port->writes_.get(), name, IN_MODIFY) < 0) port->writes_.reset();
  port->stop_ = FileDescriptor(eventfd(0, EFD_CLOEXEC));
  port->noticed_ = FileDescriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!port->stop_.valid() || !port->noticed_.valid()) {
    error = reason("eventfd");
    return nullptr;
  }
  PtyPort* self = port.get();
  port->reader_ = std::thread([self] {
    beUrgent();
    self->readUntilStopped();
  });
  if (!port->writes_.valid()) return port;
  // A processor may be held up by the kernel or a hypervisor whatever the priority of what waits for it: one thread on either half of them.
  for (unsigned half = 0; half < port->stampers_.size(); half++) {
    port->stampers_[half] = std::thread([self, half] {
      stayOnHalf(half);
      beUrgent();
      self->stampWrites();
    });
  }
  return port;
}

PtyPort::~PtyPort() {
  if (!reader_.joinable()) return;
  const uint64_t one = 1;
  // A counter at zero always takes one more, so this cannot fail.
  (void)!::write(stop_.get(), &one, sizeof one);
  reader_.join();
  for (std::thread& stamper : stampers_)
    if (stamper.joinable()) stamper.join();
}

uint32_t PtyPort::baud() const { return outputSpeed(master_.get()); }

void PtyPort::countClients() {
  alignas(inotify_event) char events[4096];
  const ssize_t size = ::read(watch_.get(), events, sizeof events);
  int change = 0;
  for (ssize_t at = 0; at < size;) {
    inotify_event event{};
    std::memcpy(&event, events + at, sizeof event);
    if ((event.mask & IN_OPEN) != 0) change++;
    if ((event.mask & IN_CLOSE) != 0) change--;
    at += static_cast<ssize_t>(sizeof event + event.len);
  }
  const int now = clients_.load() + change;
  clients_ = now;
  // What the last client left unread must not greet the next one. Only towards the client: it may already have written.
  if (now == 0 && change < 0) tcflush(slave_.get(), TCIFLUSH);
}

void PtyPort::readUntilStopped() {
  for (;;) {
    bool full = false;
    {
      std::lock_guard<UrgentMutex> lock(mutex_);
      full = arrivals_.size() >= kMaxArrivals;
    }
    pollfd watched[4] = {{stop_.get(), POLLIN, 0},
                         {clients_ < 0 ? -1 : watch_.get(), POLLIN, 0},
                         {full ? -1 : master_.get(), POLLIN, 0},
                         {full ? -1 : noticed_.get(), POLLIN, 0}};
    if (poll(watched, 4, full ? 1 : -1) < 0 && errno != EINTR) return;
    if (watched[0].revents != 0) return;
    if (watched[1].revents != 0) countClients();
    if (watched[3].revents != 0) {
      uint64_t notices = 0;
      (void)!::read(noticed_.get(), &notices, sizeof notices);
    }
    if ((watched[2].revents & (POLLIN | POLLHUP | POLLERR)) == 0 && watched[3].revents == 0) continue;
    if (!readAll()) return;
  }
}

// False when there is nothing more to come. A read that finds nothing waits until the kernel has handed over what was written before it
// began (a terminal flushes its queue then), so it proves that all of that has been read.
bool PtyPort::readAll() {
  uint8_t buffer[4096];
  std::vector<uint8_t> bytes;
  int64_t provenNs = std::numeric_limits<int64_t>::min();
  bool open = true;
  while (bytes.size() < kMaxBytesInOneGo) {
    const int64_t beganNs = rawClockNs();
    const ssize_t size = ::read(master_.get(), buffer, sizeof buffer);
    if (size > 0) {
      bytes.insert(bytes.end(), buffer, buffer + size);
      continue;
    }
    if (size < 0 && errno == EINTR) continue;
    open = size < 0 && errno == EAGAIN;
    if (open) provenNs = beganNs;
    break;
  }
  append(bytes, provenNs);
  return open;
}

void PtyPort::append(const std::vector<uint8_t>& bytes, int64_t provenNs) {
  // A client lets its bytes leave before it changes the rate: the rate at the read is the one they were sent at.
  const uint32_t baud = outputSpeed(master_.get());
  bool announce = false;
  awaitNotices(bytes);
  {
    std::lock_guard<UrgentMutex> lock(mutex_);
    drainWrites();
    if (!bytes.empty()) {
      for (Arrival& arrival : dates_.date(bytes, provenNs, rawClockNs(), baud)) {
        lastNs_ = std::max(lastNs_, arrival.tNs);
        arrival.tNs = lastNs_;
        arrivals_.push_back(std::move(arrival));
      }
      announce = !announced_;
      announced_ = true;
    }
    dates_.handedOver(provenNs);
  }
  if (announce && onArrival_) onArrival_();
}

// A client that fills the line ahead writes many frames under one notice; they must not be taken for one whose notice is still to come.
void PtyPort::awaitNotices(const std::vector<uint8_t>& bytes) {
  {
    std::lock_guard<UrgentMutex> lock(mutex_);
    drainWrites();
    if (!writes_.valid() || dates_.sufficeFor(bytes)) return;
  }
  const timespec pause{0, kNoticeNs};
  nanosleep(&pause, nullptr);
}

// Whoever comes first stamps; the reader then looks whether the bytes are there.
void PtyPort::drainWrites() {
  if (!writes_.valid()) return;
  alignas(inotify_event) char events[4096];
  const ssize_t size = ::read(writes_.get(), events, sizeof events);
  const int64_t nowNs = rawClockNs();
  // A watched file's notices carry no name: all are of one size.
  for (ssize_t at = 0; at < size; at += static_cast<ssize_t>(sizeof(inotify_event))) dates_.noticed(nowNs);
  const uint64_t one = 1;
  if (size > 0) (void)!::write(noticed_.get(), &one, sizeof one);
}

void PtyPort::stampWrites() {
  for (;;) {
    pollfd watched[2] = {{stop_.get(), POLLIN, 0}, {writes_.get(), POLLIN, 0}};
    if (poll(watched, 2, -1) < 0 && errno != EINTR) return;
    if (watched[0].revents != 0) return;
    std::lock_guard<UrgentMutex> lock(mutex_);
    drainWrites();
  }
}

int64_t PtyPort::take(std::vector<Arrival>& arrivals) {
  std::lock_guard<UrgentMutex> lock(mutex_);
  const int64_t nowNs = rawClockNs();
  drainWrites();
  arrivals.clear();
  arrivals.swap(arrivals_);
  announced_ = false;
  return dates_.known(nowNs);
}

size_t PtyPort::write(const uint8_t* bytes, size_t count) {
  if (clients_.load() == 0) return 0;
  size_t done = 0;
  while (done < count) {
    const ssize_t size = ::write(master_.get(), bytes + done, count - done);
    if (size > 0) {
      done += static_cast<size_t>(size);
    } else if (size == 0 || errno != EINTR) {
      break;
    }
  }
  return done;
}

}  // namespace asicr
