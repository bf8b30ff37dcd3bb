// Two ends of a pseudo-terminal for the capture benchmark: a writer that knows when it put each frame, and the barest reader there is.
//
//   write        makes the pseudo-terminal and prints its path. A line `RATE COUNT SEED` in: COUNT frames leave at RATE a second on the
//                average, at random (exponential gaps). A line out: when each write began, CLOCK_MONOTONIC_RAW ns.
//   read PATH COUNT   prints `ready`, then, once COUNT frames are there, when the read that brought each one's first byte returned.
//
// Both run under SCHED_FIFO where that is permitted, as the capture does.
#include <fcntl.h>
#include <pty.h>
#include <sched.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>
#include <vector>

namespace {

constexpr int kReaderPriority = 40;
// Above the readers': what is measured is theirs.
constexpr int kWriterPriority = 45;
constexpr size_t kFrameBytes = 11;
// specs/bm1366.md 1.8: a chip's answer with a checksum that holds.
constexpr uint8_t kFrame[kFrameBytes] = {0xAA, 0x55, 0x13, 0x66, 0, 0, 0, 0, 0, 0, 0x05};

int64_t nowNs(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void hurry(int priority) {
  prctl(PR_SET_TIMERSLACK, 1UL);
  sched_param wanted{};
  wanted.sched_priority = priority;
  sched_setscheduler(0, SCHED_FIFO, &wanted);
}

// Bytes as they are, and a read waits for the first of them: serialport leaves a port whose reads do not wait.
void makeRaw(int fd) {
  termios mode{};
  tcgetattr(fd, &mode);
  cfmakeraw(&mode);
  mode.c_cc[VMIN] = 1;
  mode.c_cc[VTIME] = 0;
  tcsetattr(fd, TCSANOW, &mode);
}

void print(const std::vector<int64_t>& times) {
  for (const int64_t tNs : times) std::printf("%lld ", static_cast<long long>(tNs));
  std::printf("\n");
  std::fflush(stdout);
}

int fail(const char* what) {
  std::perror(what);
  return 1;
}

int writeFrames() {
  int master = -1;
  int slave = -1;
  char path[128] = "";
  if (openpty(&master, &slave, path, nullptr, nullptr) != 0) return fail("openpty");
  makeRaw(slave);
  std::printf("%s\n", path);
  std::fflush(stdout);
  hurry(kWriterPriority);
  double rate = 0;
  size_t count = 0;
  unsigned seed = 0;
  while (std::scanf("%lf %zu %u", &rate, &count, &seed) == 3) {
    std::mt19937 random(seed);
    std::exponential_distribution<double> gapS(rate);
    std::vector<int64_t> times;
    times.reserve(count);
    double dueNs = static_cast<double>(nowNs(CLOCK_MONOTONIC));
    while (times.size() < count) {
      dueNs += gapS(random) * 1e9;
      const auto due = static_cast<int64_t>(dueNs);
      const timespec at{due / 1'000'000'000, due % 1'000'000'000};
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
      times.push_back(nowNs(CLOCK_MONOTONIC_RAW));
      if (write(master, kFrame, kFrameBytes) != static_cast<ssize_t>(kFrameBytes)) return fail("write");
    }
    print(times);
  }
  return 0;
}

int readFrames(const char* path, size_t count) {
  const int fd = open(path, O_RDONLY | O_NOCTTY);
  if (fd < 0) return fail(path);
  makeRaw(fd);
  std::vector<int64_t> times;
  times.reserve(count);
  hurry(kReaderPriority);
  std::printf("ready\n");
  std::fflush(stdout);
  uint8_t buffer[4096];
  for (size_t bytes = 0; bytes < count * kFrameBytes;) {
    const ssize_t got = read(fd, buffer, sizeof buffer);
    const int64_t tNs = nowNs(CLOCK_MONOTONIC_RAW);
    if (got <= 0) return fail("read");
    bytes += static_cast<size_t>(got);
    while (times.size() * kFrameBytes < bytes && times.size() < count) times.push_back(tNs);
  }
  print(times);
  return 0;
}

}  // namespace

int main(int count, char** words) {
  if (count == 2 && std::strcmp(words[1], "write") == 0) return writeFrames();
  if (count == 4 && std::strcmp(words[1], "read") == 0) return readFrames(words[2], std::strtoul(words[3], nullptr, 10));
  std::fprintf(stderr, "write | read PATH COUNT\n");
  return 2;
}
