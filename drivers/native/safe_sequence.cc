#include "drivers/native/safe_sequence.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "drivers/native/linux_i2c.h"

namespace asicr {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// What is read in search of an answer is bounded: a port that babbles must not fill the memory.
constexpr size_t kMostBytes = 65'536;

int millisecondsUntil(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now()).count();
  return static_cast<int>(std::max<long long>(0, left));
}

// Reads and drops until nothing has come for kQuietMs, or for a second at the most.
void quieten(int fd) {
  const auto enough = Clock::now() + std::chrono::seconds(1);
  uint8_t dropped[512];
  pollfd waiting{fd, POLLIN, 0};
  while (Clock::now() < enough && poll(&waiting, 1, kQuietMs) > 0) {
    if ((waiting.revents & POLLIN) == 0 || read(fd, dropped, sizeof dropped) <= 0) return;
  }
}

bool writeAll(int fd, const std::vector<uint8_t>& bytes, Clock::time_point deadline, std::string& why) {
  size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t taken = write(fd, bytes.data() + at, bytes.size() - at);
    if (taken > 0) {
      at += static_cast<size_t>(taken);
      continue;
    }
    if (taken < 0 && errno != EAGAIN && errno != EINTR) {
      why = std::strerror(errno);
      return false;
    }
    pollfd waiting{fd, POLLOUT, 0};
    if (poll(&waiting, 1, millisecondsUntil(deadline)) <= 0 && Clock::now() >= deadline) {
      why = "the port takes no bytes";
      return false;
    }
  }
  return true;
}

bool answers(int fd, const std::vector<uint8_t>& expect, Clock::time_point deadline, std::string& why) {
  std::vector<uint8_t> received;
  while (received.size() < kMostBytes) {
    pollfd waiting{fd, POLLIN, 0};
    const int ready = poll(&waiting, 1, millisecondsUntil(deadline));
    if (ready <= 0) break;
    uint8_t piece[512];
    const ssize_t got = read(fd, piece, sizeof piece);
    if (got > 0) received.insert(received.end(), piece, piece + got);
    else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      why = got == 0 ? "the port was hung up" : std::strerror(errno);
      return false;
    }
    if (std::search(received.begin(), received.end(), expect.begin(), expect.end()) != received.end()) return true;
  }
  why = received.empty() ? "no answer" : "another answer";
  return false;
}

bool onPort(int fd, const SafeStep& step, Clock::time_point deadline, std::string& why) {
  if (!writeAll(fd, step.write, deadline, why)) return false;
  return step.expect.empty() || answers(fd, step.expect, deadline, why);
}

bool onFile(int fd, const SafeStep& step, std::string& why) {
  std::vector<uint8_t> back(step.expect.size());
  if (pwrite(fd, step.write.data(), step.write.size(), 0) != static_cast<ssize_t>(step.write.size())) why = std::strerror(errno);
  else if (pread(fd, back.data(), back.size(), 0) != static_cast<ssize_t>(back.size())) why = "it cannot be read back";
  else if (back != step.expect) why = "it reads otherwise";
  return why.empty();
}

bool onBus(int fd, const SafeStep& step, std::string& why) {
  I2cTransfer transfer{step.i2cAddress, step.write, std::vector<uint8_t>(step.readBytes)};
  const int error = i2cRun(fd, transfer);
  if (error != 0) why = std::strerror(error);
  else if (transfer.read.size() < step.expect.size() || !std::equal(step.expect.begin(), step.expect.end(), transfer.read.begin()))
    why = "another answer";
  return why.empty();
}

bool once(int fd, const SafeStep& step, uint32_t longer, std::string& why) {
  why.clear();
  switch (step.way) {
    case Way::kPort:
      return onPort(fd, step, Clock::now() + milliseconds(step.timeoutMs * longer), why);
    case Way::kFile:
      return onFile(fd, step, why);
    default:
      return onBus(fd, step, why);
  }
}

}  // namespace

std::string runSafeSequence(const SafeSequence& sequence, uint32_t longer) {
  std::string failed;
  std::vector<bool> quietened(sequence.descriptors.size());
  for (const SafeStep& step : sequence.steps) {
    const int fd = sequence.descriptors[step.descriptor]->get();
    if (step.way == Way::kPort && !quietened[step.descriptor]) {
      quieten(fd);
      quietened[step.descriptor] = true;
    }
    std::string why;
    bool done = false;
    for (uint32_t attempt = 0; attempt < step.tries && !done; attempt++) {
      done = once(fd, step, longer, why);
      if (!done && step.way == Way::kPort) quieten(fd);
    }
    if (!done && step.required) failed += (failed.empty() ? "" : "; ") + step.what + ": " + why;
    std::this_thread::sleep_for(milliseconds(step.settleMs));
  }
  return failed;
}

}  // namespace asicr
