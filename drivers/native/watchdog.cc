#include "drivers/native/watchdog.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <set>

#include "drivers/native/port_thread.h"

namespace asicr {

namespace {

// Above capture and pump: when this thread has something to do, nothing else matters.
constexpr int kPriority = 60;
constexpr auto kBetweenRounds = std::chrono::seconds(1);
// Waits grow with each round that failed, up to this many times.
constexpr uint32_t kLongest = 4;

// Node runs no clean-up of an environment upon process.exit(), but the C library runs this: those that are armed then have a last word.
class ArmedOnes {
 public:
  void add(Watchdog* watchdog) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!registered_) registered_ = std::atexit(endAll) == 0;
    armed_.insert(watchdog);
  }
  void remove(Watchdog* watchdog) {
    const std::lock_guard<std::mutex> lock(mutex_);
    armed_.erase(watchdog);
  }

 private:
  static void endAll();
  std::mutex mutex_;
  std::set<Watchdog*> armed_;
  bool registered_ = false;
};

// Never destroyed: it is needed until the very end.
ArmedOnes& armedOnes() {
  static ArmedOnes* const ones = new ArmedOnes;
  return *ones;
}

void ArmedOnes::endAll() {
  std::set<Watchdog*> ending;
  {
    const std::lock_guard<std::mutex> lock(armedOnes().mutex_);
    ending = armedOnes().armed_;
  }
  for (Watchdog* watchdog : ending) watchdog->end();
}

double milliseconds(std::chrono::steady_clock::duration span) { return std::chrono::duration<double, std::milli>(span).count(); }

}  // namespace

std::unique_ptr<Watchdog> Watchdog::start(SafeSequence sequence, SentinelLimits limits, int64_t leaseNs, std::function<void()> wake,
                                          int& error) {
  std::unique_ptr<Watchdog> made(new Watchdog(std::move(sequence), std::move(limits), std::move(wake)));
  made->renewed_ = Clock::now();
  made->dueAt_ = made->renewed_ + std::chrono::nanoseconds(leaseNs);
  if (!startPortThread(made->thread_, "asicr-watchdog", kPriority, [self = made.get()] { self->run(); }, made->realtime_, error))
    return nullptr;
  armedOnes().add(made.get());
  return made;
}

Watchdog::~Watchdog() { disarm(); }

bool Watchdog::renew(int64_t leaseNs, int64_t nowNs, int64_t energisedNs, const Look* look, Decision& decision) {
  const std::lock_guard<std::mutex> lock(mutex_);
  table_.noteSupply(energisedNs);
  if (look != nullptr) table_.observe(*look);
  decision = table_.decide(nowNs);
  if (report_.cause != TripCause::kNone) return false;
  if (decision.action == Action::kPowerOff) {
    trip(TripCause::kRefused, decision.rule);
    dueAt_ = Clock::now();
    changed_.notify_all();
    return false;
  }
  const Clock::time_point now = Clock::now();
  // A lease that has run out is not brought back: the thread is about to act on it.
  if (now >= dueAt_) return false;
  renewed_ = now;
  dueAt_ = renewed_ + std::chrono::nanoseconds(leaseNs);
  return true;
}

void Watchdog::defer(int64_t ns) {
  const std::lock_guard<std::mutex> lock(mutex_);
  dueAt_ = Clock::now() + std::chrono::nanoseconds(ns);
  changed_.notify_all();
}

WatchdogReport Watchdog::report() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return report_;
}

void Watchdog::disarm() {
  armedOnes().remove(this);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Watchdog::end() {
  disarm();
  std::unique_lock<std::mutex> lock(mutex_);
  if (report_.off) return;
  trip(TripCause::kEnvironmentEnded, kRuleOk);
  round(lock);
}

void Watchdog::trip(TripCause cause, int rule) {
  if (report_.cause != TripCause::kNone) return;
  tripped_ = Clock::now();
  report_.cause = cause;
  report_.rule = rule;
  report_.sinceRenewalMs = milliseconds(tripped_ - renewed_);
}

void Watchdog::round(std::unique_lock<std::mutex>& lock) {
  const uint32_t longer = std::min(kLongest, ++report_.rounds);
  lock.unlock();
  std::string failed = runSafeSequence(sequence_, longer);
  lock.lock();
  report_.off = failed.empty();
  report_.failed = std::move(failed);
  report_.toOffMs = milliseconds(Clock::now() - tripped_);
}

void Watchdog::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    if (report_.off) {
      changed_.wait(lock);
      continue;
    }
    // Not wait_until alone: a renewal moves the time without a signal.
    const auto dueAt = dueAt_;
    if (Clock::now() < dueAt) {
      changed_.wait_until(lock, dueAt);
      continue;
    }
    const bool first = report_.cause == TripCause::kNone;
    trip(TripCause::kLeaseExpired, kRuleOk);
    if (first || report_.rounds == 0) wake_();
    round(lock);
    if (report_.off) wake_();
    // What the main loop asked for meanwhile stands.
    dueAt_ = std::max(dueAt_, Clock::now() + kBetweenRounds);
  }
}

}  // namespace asicr
