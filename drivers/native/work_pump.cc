#include "drivers/native/work_pump.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
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
constexpr const char* kStandInName = "asicr-stand-in";
// Above the capture's: a byte that is read late has its time all the same, chips that run out of work do not get it back.
constexpr int kRealtimePriority = 41;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
// How long after a deadline the second thread stands in: half of what the chips still have work for then, within these bounds. GUESS: the
// upper one is past what a wake-up takes on a busy machine (0.1 ms), the lower one past the median.
constexpr int64_t kLeastGraceNs = 40'000;
constexpr int64_t kMostGraceNs = 300'000;
// With a lead there is no hurry: this part of it may go first.
constexpr int64_t kGraceOfLead = 8;
// A thread that finds the other at work looks again after this.
constexpr int64_t kOtherAtItNs = 100'000;
// Others write to the port too, one at a time. A write that is refused although the port has room waits for one of them to be done, who may
// have been preempted by this very thread.
constexpr int64_t kOtherWriterNs = 20'000;
constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kNsPerSecond = 1'000'000'000;
// A wait longer than this is spent in poll(), which stop() and a hang-up can end; only the last part of it needs the exact clock.
constexpr int64_t kExactWaitNs = 4 * kNsPerMs;
constexpr int64_t kPollMarginNs = 2 * kNsPerMs;
// A port that takes nothing for this long has no reader any more; as SerialLink's write deadline.
constexpr int64_t kStallNs = kNsPerSecond;
// How often JavaScript is told of new jobs at most.
constexpr int64_t kWakeEveryNs = 100 * kNsPerMs;
// jobSeq is 32 bits wide where nonces are stored, and the last value means "no job" (common/nonce-batch.ts).
constexpr uint64_t kSeqEnd = 0xFFFF'FFFF;

// specs/bm1387.md 3.6: new work is due after 0.9 of the time for which the chips have some.
int64_t workOf(int64_t periodNs, int64_t workNs) { return workNs > 0 ? workNs : periodNs / 9 * 10; }

// The port must take every job whole.
int64_t boundedLead(const PumpOptions& options, const OutputLine& line) {
  const size_t frame = options.format.frameBytes();
  return std::min(options.leadNs, options.queueBytes > 2 * frame ? line.spanNs(options.queueBytes - 2 * frame) : 0);
}

int64_t monotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * kNsPerSecond + now.tv_nsec;
}

void sleepUntil(int64_t monotonicNs) {
  const timespec until{static_cast<time_t>(monotonicNs / kNsPerSecond), static_cast<long>(monotonicNs % kNsPerSecond)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

// A hold-up of one processor must not hit both threads: each stays on its own half of those that the process may use, the first ones of
// successive pumps on alternating halves. With a single processor, or where it is not permitted, they run wherever there is room.
void keepApart(std::thread& first, std::thread& second) {
  static std::atomic<unsigned> pumps{0};
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2) return;
  cpu_set_t halves[2];
  CPU_ZERO(&halves[0]);
  CPU_ZERO(&halves[1]);
  unsigned half = 0;
  for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &allowed)) CPU_SET(cpu, &halves[half++ % 2]);
  const unsigned turn = pumps++ % 2;
  (void)pthread_setaffinity_np(first.native_handle(), sizeof(cpu_set_t), &halves[turn]);
  (void)pthread_setaffinity_np(second.native_handle(), sizeof(cpu_set_t), &halves[1 - turn]);
}

template <typename T>
void addTo(std::atomic<T>& counter, T by) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace

WorkPump::WorkPump(int portFd, int wakeFd, int standInFd, PumpOptions options, std::function<void()> wake)
    : port_(portFd),
      wakeEvent_(wakeFd),
      standInEvent_(standInFd),
      format_(options.format),
      line_(options.baud, options.queued ? options.queued : kernelQueue(portFd)),
      leadNs_(boundedLead(options, line_)),
      periodNs_(options.periodNs),
      workNs_(workOf(options.periodNs, options.workNs)),
      wake_(std::move(wake)),
      ring_(kRingJobs, options.firstSeq),
      sentFrames_(options.traceFrames),
      tracing_(options.traceFrames > 0),
      dueNs_(kNever),
      leastLeadNs_(leadNs_),
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
  if (options.baud == 0 || options.periodNs <= 0 || options.leadNs < 0 || options.work == nullptr || !maskHolds(options.work->versionMask, options.format.versions())) {
    error = EINVAL;
    return nullptr;
  }
  const int portFd = copyOfPort(fd, error);
  if (portFd < 0) return nullptr;
  const int wakeFd = wakeDescriptor(error);
  const int standInFd = wakeDescriptor(error);
  std::unique_ptr<WorkPump> pump(new WorkPump(portFd, wakeFd, standInFd, std::move(options), std::move(wake)));
  if (wakeFd < 0 || standInFd < 0 || !pump->startThreads(error)) return nullptr;
  return pump;
}

bool WorkPump::startThreads(int& error) {
  bool standInRealtime = false;
  if (!startPortThread(thread_, kThreadName, kRealtimePriority, [this] { run(); }, realtime_, error)) return false;
  if (!startPortThread(standInThread_, kStandInName, kRealtimePriority, [this] { standIn(); }, standInRealtime, error)) return false;
  keepApart(thread_, standInThread_);
  return true;
}

void WorkPump::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  signalDescriptor(wakeEvent_.get());
  signalDescriptor(standInEvent_.get());
  thread_.join();
  if (standInThread_.joinable()) standInThread_.join();
  port_.release();
  wakeEvent_.release();
  standInEvent_.release();
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

void WorkPump::setPeriod(int64_t periodNs, int64_t workNs) {
  if (periodNs <= 0) return;
  workNs_.store(workOf(periodNs, workNs));
  periodNs_.store(periodNs);
  signalDescriptor(wakeEvent_.get());
}

void WorkPump::setBaud(uint32_t baud) {
  if (baud > 0) line_.setBaud(baud);
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
  return {jobs_.load(),       late_.load(),          skipped_.load(),    underruns_.load(), standIns_.load(),
          writeWaits_.load(), leaseExpiries_.load(), worstGapNs_.load(), worstShare_.load(), leastLeadNs_.load()};
}

std::optional<PumpEnd> WorkPump::seen() {
  wakePending_.store(false);
  return ended_.load(std::memory_order_acquire) ? std::optional<PumpEnd>(end_) : std::nullopt;
}

void WorkPump::run() {
  while (!over()) {
    int64_t untilNs = 0;
    {
      const std::unique_lock<std::mutex> mine(turn_, std::try_to_lock);
      untilNs = mine.owns_lock() ? turn(wakeEvent_.get()) : monotonicNs() + kOtherAtItNs;
    }
    if (over()) return;
    if (const auto end = waitUntil(untilNs, port_.get(), wakeEvent_.get())) {
      const std::lock_guard<std::mutex> mine(turn_);
      if (!over()) finish(*end);
    }
  }
}

void WorkPump::standIn() {
  while (!over()) {
    const int64_t dueNs = dueNs_.load();
    const int64_t untilNs = dueNs == kNever ? kNever : dueNs + graceNs();
    // A hang-up is the other thread's to find.
    waitUntil(untilNs, -1, standInEvent_.get());
    if (over() || dueNs_.load() != dueNs || monotonicNs() < untilNs || dueNs == kNever) continue;
    const std::unique_lock<std::mutex> mine(turn_, std::try_to_lock);
    if (mine.owns_lock()) {
      addTo<uint64_t>(standIns_, 1);
      turn(standInEvent_.get());
    } else {
      sleepUntil(monotonicNs() + kOtherAtItNs);
    }
  }
}

int64_t WorkPump::graceNs() const {
  if (leadNs_ > 0) return leadNs_ / kGraceOfLead;
  return std::clamp((workNs_.load() - periodNs_.load()) / 2, kLeastGraceNs, kMostGraceNs);
}

// When the line will have no more than the lead to send.
int64_t WorkPump::aheadNs(int64_t nowNs) {
  const int64_t rawNs = monotonicRawNs();
  return nowNs + line_.lookedAt(rawNs) - leadNs_ - rawNs;
}

// Sends what is due, and returns when there is more to do. `eventFd` ends a wait for the port: each thread clears its own only.
int64_t WorkPump::turn(int eventFd) {
  while (!over()) {
    if (!prepared_) prepare();
    const int64_t leaseUntilNs = leaseUntilNs_.load();
    const int64_t nowNs = monotonicNs();
    if (nowNs >= leaseUntilNs) {
      lapse();
      publishDue(kNever);
      return kNever;
    }
    const int64_t wantedNs = periodNs_.load();
    if (!active_) {
      active_ = true;
      lastEndNs_ = 0;
      led_ = false;
      deadlineNs_ = nowNs;
    } else if (wantedNs != pacedNs_) {
      deadlineNs_ = std::max(nowNs, deadlineNs_ - pacedNs_ + wantedNs);
    }
    pacedNs_ = wantedNs;
    if (leadNs_ > 0) deadlineNs_ = aheadNs(nowNs);
    if (nowNs < deadlineNs_) {
      publishDue(deadlineNs_);
      return std::min(deadlineNs_, leaseUntilNs);
    }
    if (seq_ >= kSeqEnd) {
      finish({PumpEnd::Cause::kExhausted, 0});
      return kNever;
    }
    adoptUpdate();
    if (const auto end = send(eventFd)) {
      finish(*end);
      return kNever;
    }
    if (leadNs_ > 0) continue;
    // Chips that got work late have it for as long as any: after a late job the pace begins anew, else a second one would replace it at once.
    const int64_t behindNs = monotonicNs() - deadlineNs_;
    if (behindNs > pacedNs_ / 10) addTo<uint64_t>(late_, 1);
    if (behindNs > pacedNs_) addTo<uint64_t>(skipped_, static_cast<uint64_t>(behindNs / pacedNs_));
    deadlineNs_ += behindNs > pacedNs_ / 2 ? behindNs + pacedNs_ : pacedNs_;
  }
  return kNever;
}

// The second thread sleeps until the deadline it knew: it is woken for the first one of a lease only, and otherwise comes to a new one at the
// next deadline.
void WorkPump::publishDue(int64_t dueNs) {
  const int64_t beforeNs = dueNs_.exchange(dueNs);
  if (dueNs < beforeNs) signalDescriptor(standInEvent_.get());
}

std::optional<PumpEnd> WorkPump::waitUntil(int64_t deadlineNs, int portFd, int eventFd) {
  if (deadlineNs == kNever) return waitForEvent(-1, portFd, eventFd);
  const int64_t leftNs = deadlineNs - monotonicNs();
  if (leftNs > kExactWaitNs) {
    const int64_t waitMs = (leftNs - kPollMarginNs) / kNsPerMs;
    return waitForEvent(static_cast<int>(std::min<int64_t>(waitMs, std::numeric_limits<int>::max())), portFd, eventFd);
  }
  if (leftNs > 0) sleepUntil(deadlineNs);
  return std::nullopt;
}

std::optional<PumpEnd> WorkPump::waitForEvent(int timeoutMs, int portFd, int eventFd) {
  // No event is asked for: a hang-up is reported all the same.
  pollfd watched[2] = {{portFd, 0, 0}, {eventFd, POLLIN, 0}};
  if (poll(watched, 2, timeoutMs) < 0) {
    if (errno == EINTR) return std::nullopt;
    return PumpEnd{PumpEnd::Cause::kError, errno};
  }
  if (watched[1].revents != 0) clearDescriptor(eventFd);
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

std::optional<PumpEnd> WorkPump::send(int eventFd) {
  const int64_t begunNs = monotonicRawNs();
  const int64_t reserveNs = line_.lookedAt(begunNs) - begunNs;
  job_.sentNs = begunNs;
  job_.lineEndNs = begunNs + std::max<int64_t>(reserveNs, 0) + line_.spanNs(frame_.length);
  ring_.put(job_, false);
  bool whole = false;
  const auto end = writeFrame(eventFd, whole);
  // A frame that the port has all of counts, whatever else happened meanwhile.
  if (!whole) return end;

  job_.sentNs = monotonicRawNs();
  job_.lineEndNs = line_.wrote(frame_.length, begunNs, job_.sentNs);
  account(reserveNs);
  ring_.put(job_, true);
  if (tracing_ && !sentFrames_.push({job_.sentNs, frame_})) framesDropped_.fetch_add(1);
  seq_++;
  counter_++;
  index_++;
  prepared_ = false;
  if (job_.sentNs - lastWakeNs_ >= kWakeEveryNs) {
    lastWakeNs_ = job_.sentNs;
    notify();
  }
  return std::nullopt;
}

void WorkPump::account(int64_t reserveNs) {
  addTo<uint64_t>(jobs_, 1);
  if (lastEndNs_ != 0) {
    const int64_t gapNs = job_.lineEndNs - lastEndNs_;
    // Of two paces around a change the slower one counts: chips are slowed down before their work is, and made faster after it.
    const int64_t workNs = std::max(lastWorkNs_, workNs_.load());
    worstGapNs_.store(std::max(worstGapNs_.load(), gapNs));
    worstShare_.store(std::max(worstShare_.load(), static_cast<double>(gapNs) / static_cast<double>(workNs)));
    if (gapNs > workNs) addTo<uint64_t>(underruns_, 1);
  }
  lastEndNs_ = job_.lineEndNs;
  lastWorkNs_ = workNs_.load();
  if (leadNs_ == 0) return;
  if (led_) {
    leastLeadNs_.store(std::min(leastLeadNs_.load(), reserveNs));
    if (reserveNs <= 0) addTo<uint64_t>(late_, 1);
  }
  led_ = led_ || reserveNs + line_.spanNs(frame_.length) >= leadNs_;
}

// Until the port has all of the frame, which `whole` tells, or the pump is being stopped.
std::optional<PumpEnd> WorkPump::writeFrame(int eventFd, bool& whole) {
  const int64_t begunNs = monotonicNs();
  bool hadRoom = false;
  for (size_t at = 0; at < frame_.length;) {
    const ssize_t taken = write(port_.get(), frame_.bytes.data() + at, frame_.length - at);
    if (taken > 0) {
      at += static_cast<size_t>(taken);
      continue;
    }
    if (taken < 0 && errno == EINTR) continue;
    if (taken < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return PumpEnd{PumpEnd::Cause::kError, errno};
    addTo<uint64_t>(writeWaits_, 1);
    if (hadRoom) sleepUntil(monotonicNs() + kOtherWriterNs);
    const int64_t leftNs = begunNs + kStallNs - monotonicNs();
    if (leftNs <= 0) return PumpEnd{PumpEnd::Cause::kStalled, 0};
    pollfd watched[2] = {{port_.get(), POLLOUT, 0}, {eventFd, POLLIN, 0}};
    if (poll(watched, 2, static_cast<int>(leftNs / kNsPerMs + 1)) < 0 && errno != EINTR) return PumpEnd{PumpEnd::Cause::kError, errno};
    if (watched[1].revents != 0) clearDescriptor(eventFd);
    if (stopping_.load()) return std::nullopt;
    if ((watched[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) return PumpEnd{PumpEnd::Cause::kHungUp, 0};
    hadRoom = (watched[0].revents & POLLOUT) != 0;
  }
  whole = true;
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
  signalDescriptor(wakeEvent_.get());
  signalDescriptor(standInEvent_.get());
  notify();
}

void WorkPump::notify() {
  if (!wakePending_.exchange(true)) wake_();
}

}  // namespace asicr
