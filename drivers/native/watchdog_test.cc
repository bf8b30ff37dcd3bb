#include "drivers/native/watchdog.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <thread>

#include "common/native/check.h"
#include "drivers/native/port_thread.h"

using namespace asicr;

namespace {

constexpr int64_t kMs = 1'000'000;

// The far end of a pseudo-terminal: answers each two-byte request {id, value} with {id, value ^ 0xFF}, unless told to be silent.
class FarEnd {
 public:
  FarEnd() {
    CHECK_EQUAL(openpty(&master_, &slave_, nullptr, nullptr, nullptr), 0);
    termios raw{};
    tcgetattr(slave_, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave_, TCSANOW, &raw);
    thread_ = std::thread([this] { run(); });
  }
  ~FarEnd() {
    stop_ = true;
    thread_.join();
    close(master_);
    close(slave_);
  }

  int port() const { return slave_; }
  // What has come, request by request.
  std::string heard() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return heard_;
  }

  std::atomic<bool> silent{false};
  // Bytes that come of themselves before each answer.
  std::atomic<bool> babbles{false};

 private:
  void run() {
    std::vector<uint8_t> pending;
    while (!stop_) {
      pollfd waiting{master_, POLLIN, 0};
      if (poll(&waiting, 1, 5) <= 0) {
        // What pauses is no request (specs/bm1366.md 5.10).
        pending.clear();
        continue;
      }
      uint8_t bytes[64];
      const ssize_t got = read(master_, bytes, sizeof bytes);
      if (got <= 0) continue;
      pending.insert(pending.end(), bytes, bytes + got);
      while (pending.size() >= 2) {
        {
          const std::lock_guard<std::mutex> lock(mutex_);
          heard_ += std::to_string(pending[0]) + ":" + std::to_string(pending[1]) + " ";
        }
        const uint8_t answer[] = {0x99, pending[0], static_cast<uint8_t>(pending[1] ^ 0xFF)};
        const size_t from = babbles ? 0 : 1;
        if (!silent) CHECK(write(master_, answer + from, sizeof answer - from) > 0);
        pending.erase(pending.begin(), pending.begin() + 2);
      }
    }
  }

  int master_ = -1, slave_ = -1;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::string heard_;
  std::thread thread_;
};

SafeStep request(uint8_t id, uint8_t value) {
  SafeStep step;
  step.what = "request " + std::to_string(id);
  step.write = {id, value};
  step.expect = {id, static_cast<uint8_t>(value ^ 0xFF)};
  step.timeoutMs = 50;
  step.tries = 2;
  return step;
}

SafeSequence sequenceOn(int port) {
  SafeSequence sequence;
  int error = 0;
  sequence.descriptors.push_back(std::make_unique<OwnedDescriptor>(copyOfPort(port, error)));
  sequence.steps.push_back(request(1, 0x10));
  sequence.steps.push_back(request(2, 0x20));
  return sequence;
}

SentinelLimits limits() {
  SentinelLimits some{};
  some.maxPowerMw = some.maxRegulatorTempC = some.maxBoardTempC = some.maxInputCurrentMa = 1e9;
  some.maxChipTempC = 75;
  some.maxChipRiseCPerS = 8;
  some.riseWindowMs = 2000;
  some.minPlausibleC = -30;
  some.maxCoreVoltageMv = 1300;
  some.maxFrequencyMhz = 575;
  some.blindMs = 10'000;
  some.staleMs = 2000;
  return some;
}

Look reading(int64_t atNs, double chipTempC) {
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  return {atNs, unknown, unknown, unknown, chipTempC, unknown, unknown, unknown, unknown, kNoTime, unknown, unknown};
}

struct Watched {
  explicit Watched(int port, int64_t leaseMs) {
    int error = 0;
    watchdog = Watchdog::start(sequenceOn(port), limits(), leaseMs * kMs, [this] { wakes++; }, error);
    CHECK(watchdog != nullptr);
  }
  bool pass(int64_t atNs, double chipTempC, int64_t leaseMs) {
    const Look look = reading(atNs, chipTempC);
    Decision decision{};
    return watchdog->renew(leaseMs * kMs, atNs, 1, &look, decision);
  }
  bool until(bool (*holds)(const WatchdogReport&)) {
    for (int i = 0; i < 1000; i++) {
      if (holds(watchdog->report())) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

  std::unique_ptr<Watchdog> watchdog;
  std::atomic<unsigned> wakes{0};
};

bool isOff(const WatchdogReport& report) { return report.off; }

void aBoardIsLeftAloneWhileTheLeaseIsRenewed() {
  FarEnd far;
  Watched watched(far.port(), 10'000);
  for (int i = 1; i <= 20; i++) CHECK(watched.pass(i * 100 * kMs, 50, 10'000));
  CHECK(watched.watchdog->report().cause == TripCause::kNone);
  watched.watchdog->disarm();
  CHECK_EQUAL(far.heard(), "");
}

void aLeaseThatRunsOutSwitchesOffAndStaysOff() {
  FarEnd far;
  Watched watched(far.port(), 50);
  CHECK(watched.until(isOff));
  CHECK(watched.watchdog->report().cause == TripCause::kLeaseExpired);
  CHECK(watched.watchdog->report().sinceRenewalMs >= 50);
  CHECK_EQUAL(far.heard(), "1:16 2:32 ");
  CHECK(!watched.pass(100 * kMs, 50, 10'000));
  CHECK_EQUAL(watched.wakes.load(), 2u);
}

void aReadingThatThisSideWouldNotPassIsNotRenewed() {
  FarEnd far;
  Watched watched(far.port(), 10'000);
  CHECK(!watched.pass(100 * kMs, 76, 10'000));
  CHECK(watched.until(isOff));
  CHECK(watched.watchdog->report().cause == TripCause::kRefused);
  CHECK_EQUAL(watched.watchdog->report().rule, 0);
}

void aBoardThatDoesNotObeyIsAskedAgainUntilItDoes() {
  FarEnd far;
  far.silent = true;
  Watched watched(far.port(), 20);
  CHECK(watched.until([](const WatchdogReport& report) { return report.rounds >= 2; }));
  CHECK(!watched.watchdog->report().off);
  CHECK(watched.watchdog->report().failed.find("request 2: no answer") != std::string::npos);
  far.silent = false;
  CHECK(watched.until(isOff));
}

void aTornRequestBeforeItAndBytesAroundItDoNotDisturb() {
  FarEnd far;
  far.babbles = true;
  CHECK_EQUAL(write(far.port(), "\x07", 1), 1);
  Watched watched(far.port(), 1);
  CHECK(watched.until(isOff));
  // A far end that was not given the processor takes the torn byte into the first request, which is then sent again.
  const std::string whole = "1:16 2:32 ", heard = far.heard();
  CHECK(heard.size() >= whole.size() && heard.compare(heard.size() - whole.size(), whole.size(), whole) == 0);
}

void theMainLoopMayTryFirstAndNoLongerThanItSaid() {
  FarEnd far;
  Watched watched(far.port(), 10'000);
  watched.watchdog->defer(60'000 * kMs);
  CHECK_EQUAL(far.heard(), "");
  watched.watchdog->defer(30 * kMs);
  CHECK(watched.until(isOff));
}

void anEnvironmentThatEndsWhileArmedSwitchesOff() {
  FarEnd far;
  Watched watched(far.port(), 10'000);
  watched.watchdog->end();
  CHECK_EQUAL(far.heard(), "1:16 2:32 ");
  CHECK(watched.watchdog->report().off);
}

void aPortThatIsGoneIsSaidToBe() {
  Watched* watched = nullptr;
  {
    FarEnd far;
    watched = new Watched(far.port(), 60'000);
  }
  watched->watchdog->end();
  CHECK(!watched->watchdog->report().off);
  CHECK(!watched->watchdog->report().failed.empty());
  delete watched;
}

void aFileIsWrittenAndReadBack() {
  char path[] = "/tmp/asicr-gpio-XXXXXX";
  const int fd = mkstemp(path);
  CHECK_EQUAL(write(fd, "1\n", 2), 2);
  SafeSequence sequence;
  sequence.descriptors.push_back(std::make_unique<OwnedDescriptor>(fd));
  SafeStep step;
  step.what = "reset low";
  step.way = Way::kFile;
  step.write = {'0'};
  step.expect = {'0'};
  sequence.steps.push_back(step);
  CHECK_EQUAL(runSafeSequence(sequence, 1), "");
  sequence.steps[0].expect = {'7'};
  CHECK_EQUAL(runSafeSequence(sequence, 1), "reset low: it reads otherwise");
  sequence.steps[0].required = false;
  CHECK_EQUAL(runSafeSequence(sequence, 1), "");
  unlink(path);
}

}  // namespace

int main() {
  aBoardIsLeftAloneWhileTheLeaseIsRenewed();
  aLeaseThatRunsOutSwitchesOffAndStaysOff();
  aReadingThatThisSideWouldNotPassIsNotRenewed();
  aBoardThatDoesNotObeyIsAskedAgainUntilItDoes();
  aTornRequestBeforeItAndBytesAroundItDoNotDisturb();
  theMainLoopMayTryFirstAndNoLongerThanItSaid();
  anEnvironmentThatEndsWhileArmedSwitchesOff();
  aPortThatIsGoneIsSaidToBe();
  aFileIsWrittenAndReadBack();
  return checks.finish();
}
