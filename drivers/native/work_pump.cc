#include "drivers/native/work_pump.h"

#include <poll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "drivers/native/arrival_times.h"
#include "drivers/native/port_thread.h"

namespace asicr {
namespace {

constexpr const char* kThreadName = "asicr-pump";
// Above the capture's: a byte that is read late has its time all the same, chips that run out of work do not get it back.
constexpr int kRealtimePriority = 41;
constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr int64_t kBitsPerByteNs = 10'000'000'000;
// A wait longer than this is spent in poll(), which stop() and a hang-up can end; only the last part of it needs the exact clock.
constexpr int64_t kExactWaitNs = 4 * kNsPerMs;
constexpr int64_t kPollMarginNs = 2 * kNsPerMs;
// A port that takes nothing for this long has no reader any more; as SerialLink's write deadline.
constexpr int64_t kStallNs = kNsPerSecond;
// How often JavaScript is told of new jobs at most.
constexpr int64_t kWakeEveryNs = 100 * kNsPerMs;
// jobSeq is 32 bits wide where nonces are stored, and the last value means "no job" (common/nonce-batch.ts).
constexpr uint64_t kSeqEnd = 0xFFFF'FFFF;

int64_t monotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * kNsPerSecond + now.tv_nsec;
}

template <typename T>
void addTo(std::atomic<T>& counter, T by) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace

WorkPump::WorkPump(int portFd, int wakeFd, PumpOptions options, std::function<void()> wake)
    : port_(portFd),
      wakeEvent_(wakeFd),
      format_(options.format),
      baud_(options.baud),
      periodNs_(options.periodNs),
      wake_(std::move(wake)),
      ring_(kRingJobs, options.firstSeq),
      work_(std::move(options.work)),
      seq_(options.firstSeq),
      counter_(options.firstExtranonce2) {
  work_->generation = 0;
}

WorkPump::~WorkPump() {
  stop();
  delete update_.load();
}

std::unique_ptr<WorkPump> WorkPump::start(int fd, PumpOptions options, std::function<void()> wake, int& error) {
  if (options.baud == 0 || options.periodNs <= 0 || options.work == nullptr || !maskHolds(options.work->versionMask, options.format.versions())) {
    error = EINVAL;
    return nullptr;
  }
  const int portFd = copyOfPort(fd, error);
  if (portFd < 0) return nullptr;
  const int wakeFd = wakeDescriptor(error);
  std::unique_ptr<WorkPump> pump(new WorkPump(portFd, wakeFd, std::move(options), std::move(wake)));
  if (wakeFd < 0) return nullptr;
  WorkPump* self = pump.get();
  if (!startPortThread(self->thread_, kThreadName, kRealtimePriority, [self] { self->run(); }, self->realtime_, error)) return nullptr;
  return pump;
}

void WorkPump::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  signalDescriptor(wakeEvent_.get());
  thread_.join();
  port_.release();
  wakeEvent_.release();
}

void WorkPump::renew(int64_t ttlNs) {
  leaseUntilNs_.store(monotonicNs() + ttlNs);
  signalDescriptor(wakeEvent_.get());
}

bool WorkPump::leased() const { return monotonicNs() < leaseUntilNs_.load(); }

uint32_t WorkPump::update(std::unique_ptr<WorkTemplate> work) {
  const uint32_t generation = generations_.fetch_add(1);
  work->generation = generation;
  delete update_.exchange(work.release(), std::memory_order_acq_rel);
  return generation;
}

void WorkPump::setPeriod(int64_t periodNs) {
  if (periodNs <= 0) return;
  periodNs_.store(periodNs);
  signalDescriptor(wakeEvent_.get());
}

void WorkPump::setBaud(uint32_t baud) {
  if (baud > 0) baud_.store(baud);
}

std::vector<JobRing::Entry> WorkPump::occupants(uint8_t wireId) const {
  std::vector<JobRing::Entry> found;
  const uint64_t oldest = ring_.oldest();
  for (uint64_t end = ring_.next(), back = 1; back <= format_.cycle() && end - oldest >= back; back++) {
    if (format_.wireIdOf(end - back) != wireId) continue;
    for (uint64_t seq = end - back; found.size() < kGenerations; seq -= format_.cycle()) {
      if (const auto entry = ring_.get(seq)) found.push_back(*entry);
      if (seq - oldest < format_.cycle()) break;
    }
    break;
  }
  return found;
}

PumpCounters WorkPump::counters() const {
  return {jobs_.load(), late_.load(), skipped_.load(), underruns_.load(), writeWaits_.load(), leaseExpiries_.load(), worstGapNs_.load()};
}

std::optional<PumpEnd> WorkPump::seen() {
  wakePending_.store(false);
  return ended_.load(std::memory_order_acquire) ? std::optional<PumpEnd>(end_) : std::nullopt;
}

void WorkPump::run() {
  // An ordinary thread's timers are otherwise late by 50 us on purpose.
  prctl(PR_SET_TIMERSLACK, 1UL);
  int64_t deadlineNs = 0;
  int64_t periodNs = 0;
  while (!stopping_.load()) {
    if (!prepared_) prepare();
    const int64_t leaseUntilNs = leaseUntilNs_.load();
    const int64_t nowNs = monotonicNs();
    if (nowNs >= leaseUntilNs) {
      lapse();
      if (const auto end = waitForEvent(-1)) return finish(*end);
      continue;
    }
    if (!active_) {
      active_ = true;
      lastJobNs_ = 0;
      periodNs = periodNs_.load();
      deadlineNs = nowNs;
    }
    if (const int64_t wantedNs = periodNs_.load(); wantedNs != periodNs) {
      deadlineNs = std::max(nowNs, deadlineNs - periodNs + wantedNs);
      periodNs = wantedNs;
    }
    if (nowNs < deadlineNs) {
      if (const auto end = waitUntil(std::min(deadlineNs, leaseUntilNs))) return finish(*end);
      continue;
    }
    if (seq_ >= kSeqEnd) return finish({PumpEnd::Cause::kExhausted, 0});
    if (nowNs - deadlineNs > periodNs / 10) addTo<uint64_t>(late_, 1);
    adoptUpdate();
    if (const auto end = send(periodNs)) return finish(*end);
    deadlineNs += periodNs;
    if (const int64_t behindNs = monotonicNs() - deadlineNs; behindNs > 0) {
      const int64_t missed = behindNs / periodNs;
      addTo<uint64_t>(skipped_, static_cast<uint64_t>(missed));
      deadlineNs += missed * periodNs;
    }
  }
}

std::optional<PumpEnd> WorkPump::waitUntil(int64_t deadlineNs) {
  const int64_t leftNs = deadlineNs - monotonicNs();
  if (leftNs > kExactWaitNs) {
    const int64_t waitMs = (leftNs - kPollMarginNs) / kNsPerMs;
    return waitForEvent(static_cast<int>(std::min<int64_t>(waitMs, std::numeric_limits<int>::max())));
  }
  const timespec deadline{static_cast<time_t>(deadlineNs / kNsPerSecond), static_cast<long>(deadlineNs % kNsPerSecond)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, nullptr);
  return std::nullopt;
}

std::optional<PumpEnd> WorkPump::waitForEvent(int timeoutMs) {
  // No event is asked for: a hang-up is reported all the same.
  pollfd watched[2] = {{port_.get(), 0, 0}, {wakeEvent_.get(), POLLIN, 0}};
  if (poll(watched, 2, timeoutMs) < 0) {
    if (errno == EINTR) return std::nullopt;
    return PumpEnd{PumpEnd::Cause::kError, errno};
  }
  if (watched[1].revents != 0) clearDescriptor(wakeEvent_.get());
  if ((watched[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) return PumpEnd{PumpEnd::Cause::kHungUp, 0};
  return std::nullopt;
}

void WorkPump::adoptUpdate() {
  WorkTemplate* const update = update_.exchange(nullptr, std::memory_order_acq_rel);
  if (update == nullptr) return;
  work_.reset(update);
  index_ = 0;
  prepare();
}

// Ahead of the deadline, so that at the deadline there is only the writing left.
void WorkPump::prepare() {
  frame_ = buildJob(*work_, format_, seq_, counter_, index_, job_);
  prepared_ = true;
}

std::optional<PumpEnd> WorkPump::send(int64_t periodNs) {
  const int64_t frameNs = kBitsPerByteNs / baud_.load() * static_cast<int64_t>(frame_.length);
  job_.sentNs = monotonicRawNs();
  job_.lineEndNs = std::max(lineFreeNs_, job_.sentNs) + frameNs;
  ring_.put(job_, false);
  if (const auto end = writeFrame()) return end;
  if (stopping_.load()) return std::nullopt;

  const int64_t nowNs = monotonicNs();
  job_.sentNs = monotonicRawNs();
  job_.lineEndNs = std::max(job_.lineEndNs, job_.sentNs);
  lineFreeNs_ = job_.lineEndNs;
  addTo<uint64_t>(jobs_, 1);
  if (lastJobNs_ != 0) {
    const int64_t gapNs = nowNs - lastJobNs_;
    worstGapNs_.store(std::max(worstGapNs_.load(), gapNs));
    if (gapNs > std::max(periodNs, lastPeriodNs_) / 9 * 10) addTo<uint64_t>(underruns_, 1);
  }
  lastJobNs_ = nowNs;
  lastPeriodNs_ = periodNs;
  ring_.put(job_, true);
  seq_++;
  counter_++;
  index_++;
  prepared_ = false;
  if (nowNs - lastWakeNs_ >= kWakeEveryNs) {
    lastWakeNs_ = nowNs;
    notify();
  }
  return std::nullopt;
}

// All of the frame, or an end; or part of it when the pump is being stopped.
std::optional<PumpEnd> WorkPump::writeFrame() {
  const int64_t begunNs = monotonicNs();
  for (size_t at = 0; at < frame_.length;) {
    const ssize_t taken = write(port_.get(), frame_.bytes.data() + at, frame_.length - at);
    if (taken > 0) {
      at += static_cast<size_t>(taken);
      continue;
    }
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return PumpEnd{PumpEnd::Cause::kError, errno};
    addTo<uint64_t>(writeWaits_, 1);
    const int64_t leftNs = begunNs + kStallNs - monotonicNs();
    if (leftNs <= 0) return PumpEnd{PumpEnd::Cause::kStalled, 0};
    pollfd watched[2] = {{port_.get(), POLLOUT, 0}, {wakeEvent_.get(), POLLIN, 0}};
    if (poll(watched, 2, static_cast<int>(leftNs / kNsPerMs + 1)) < 0 && errno != EINTR) return PumpEnd{PumpEnd::Cause::kError, errno};
    if (watched[1].revents != 0) clearDescriptor(wakeEvent_.get());
    if (stopping_.load()) return std::nullopt;
    if ((watched[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) return PumpEnd{PumpEnd::Cause::kHungUp, 0};
  }
  return std::nullopt;
}

void WorkPump::lapse() {
  if (!active_) return;
  active_ = false;
  addTo<uint64_t>(leaseExpiries_, 1);
  notify();
}

void WorkPump::finish(PumpEnd end) {
  end_ = end;
  ended_.store(true, std::memory_order_release);
  notify();
}

void WorkPump::notify() {
  if (!wakePending_.exchange(true)) wake_();
}

}  // namespace asicr
