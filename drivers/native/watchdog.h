// Watches the main loop: it must come back within its lease with readings that this side too finds good. When it does not, this thread
// switches the board off by itself.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "drivers/native/safe_sequence.h"
#include "drivers/native/sentinel_table.h"

namespace asicr {

enum class TripCause { kNone = 0, kLeaseExpired = 1, kRefused = 2, kEnvironmentEnded = 3 };

struct WatchdogReport {
  TripCause cause = TripCause::kNone;
  // Of kRefused: what the table found (sentinel_table.h).
  int rule = kRuleOk;
  // steady-clock milliseconds from the last renewal to the trip, and from the trip to the board's last answer.
  double sinceRenewalMs = 0;
  double toOffMs = 0;
  uint32_t rounds = 0;
  // Every required step was answered as it must be.
  bool off = false;
  // What failed in the last round, in words.
  std::string failed;
};

class Watchdog {
 public:
  // The lease begins now. `wake` is called from the thread, when it trips and when the board is off. nullptr with an errno when there can be no thread.
  static std::unique_ptr<Watchdog> start(SafeSequence sequence, SentinelLimits limits, int64_t leaseNs, std::function<void()> wake, int& error);
  ~Watchdog();

  // The main loop passed the board. What it saw is looked at here again: false, and the board goes off, when this side would not pass it.
  // `look` is null when nothing was read since. Once tripped nothing is renewed any more.
  bool renew(int64_t leaseNs, int64_t nowNs, int64_t energisedNs, const Look* look, Decision& decision);
  // The main loop switches the board off by itself: it is left alone with it for so long, and no longer.
  void defer(int64_t ns);
  WatchdogReport report();
  // The board is off, or its ports are to be closed: ends the thread, and gives the descriptors back. A round under way is finished first.
  void disarm();
  // As disarm, but a board that was not said to be off gets one round of the sequence.
  void end();
  bool realtime() const { return realtime_; }

 private:
  using Clock = std::chrono::steady_clock;

  Watchdog(SafeSequence sequence, SentinelLimits limits, std::function<void()> wake)
      : sequence_(std::move(sequence)), wake_(std::move(wake)), table_(std::move(limits)) {}
  void run();
  void trip(TripCause cause, int rule);
  // One round, without the lock; `lock` is held before and after.
  void round(std::unique_lock<std::mutex>& lock);

  const SafeSequence sequence_;
  const std::function<void()> wake_;
  SentinelTable table_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  Clock::time_point renewed_;
  Clock::time_point tripped_;
  // When the thread acts next.
  Clock::time_point dueAt_;
  WatchdogReport report_;
  bool realtime_ = false;
  std::thread thread_;
};

}  // namespace asicr
