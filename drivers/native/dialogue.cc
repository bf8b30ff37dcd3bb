#include "drivers/native/dialogue.h"

#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "common/native/sha256d.h"
#include "drivers/native/little_endian.h"

namespace asicr {
namespace {

// A port that takes nothing for this long has no reader any more; as the work pump's.
constexpr int64_t kStallNs = 1'000'000'000;
// Others write to the port too, one at a time: a write that is refused although there is room waits for one of them to be done.
constexpr timespec kOtherWriter{0, 20'000};
constexpr unsigned kOtherWriterTries = 50;
// Per job: sent, and its end.
constexpr size_t kEventsPerJob = 2;
constexpr size_t kNtimeAt = 68;
constexpr unsigned kVersionShift = 13;  // specs/bm1366.md 1.7

template <typename T>
void addTo(std::atomic<T>& counter, T by) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

// What a response says, or nothing when it is no nonce. specs/bm1366.md 1.7-1.9, specs/bm1387.md 1.5
struct Answer {
  uint8_t wireId;
  size_t midstate;
  uint32_t versionBits;
  const uint8_t* nonce;  // four bytes in the order of the header
};

std::optional<Answer> answerIn(const CapturedFrame& frame, JobFormat format) {
  const size_t length = frame.bytes[0];
  const uint8_t* bytes = frame.bytes.data() + 1;
  if (length == 0 || (bytes[length - 1] & 0x80) == 0) return std::nullopt;
  if (format.midstates == 0) {
    if (length != kLongFrame && length != kShortFrame) return std::nullopt;
    const uint32_t field = length == kLongFrame ? static_cast<uint32_t>(bytes[8] << 8 | bytes[9]) : 0;
    return Answer{static_cast<uint8_t>(bytes[7] & 0xF8), 0, field << kVersionShift, bytes + 2};
  }
  if (length != kBareFrame || bytes[5] > 0x7F) return std::nullopt;
  const auto index = static_cast<uint8_t>(bytes[5] & (format.midstates - 1));
  return Answer{static_cast<uint8_t>(bytes[5] - index), index, 0, bytes};
}

bool hasRoom(int fd) {
  pollfd port{fd, POLLOUT, 0};
  return poll(&port, 1, 0) == 1 && (port.revents & POLLOUT) != 0;
}

}  // namespace

Dialogue::Dialogue(std::shared_ptr<Capture> capture, JobFormat format, size_t depth, std::function<void()> wake, uint32_t firstSeq)
    : capture_(std::move(capture)),
      format_(format),
      depth_(depth),
      wake_(std::move(wake)),
      prepared_(depth + 1),
      events_(kEventsPerJob * (depth + 1) + (format.midstates == 0 ? 0 : kMostUnheardWorks)),
      nextSeq_(firstSeq) {
  heard_.reserve(kMostAnswers);
}

std::shared_ptr<Dialogue> Dialogue::start(std::shared_ptr<Capture> capture, JobFormat format, size_t depth, std::function<void()> wake,
                                          uint32_t firstSeq) {
  if (depth < 1 || depth > kMostPreparedJobs) return nullptr;
  const std::shared_ptr<Dialogue> dialogue(new Dialogue(capture, format, depth, std::move(wake), firstSeq));
  return capture->respondWith(dialogue) ? dialogue : nullptr;
}

void Dialogue::stop() {
  capture_->endResponder(this);
  stopped_.store(true);
}

void Dialogue::renew(int64_t ttlNs) {
  leaseUntilNs_.store(monotonicRawNs() + ttlNs);
  capture_->nudge();
}

bool Dialogue::prepare(const DialogueJob& job) {
  if (outstanding_ > depth_ || !prepared_.push(job)) return false;
  outstanding_++;
  capture_->nudge();
  return true;
}

DialogueCounters Dialogue::counters() const {
  return {sent_.load(),      answered_.load(),  deadlines_.load(),     unverified_.load(), repeated_.load(), strays_.load(),
          underruns_.load(), starvedNs_.load(), leaseExpiries_.load(), writeWaits_.load(), works_.load(),    unheardWorks_.load()};
}

void Dialogue::onFrame(const CapturedFrame& frame, int64_t readNs, int portFd) {
  if (ended_.load(std::memory_order_relaxed)) return;
  const std::optional<Answer> answer = answerIn(frame, format_);
  if (!answer.has_value()) return;
  const Occupant& asked = occupants_[answer->wireId];
  // A work that is just leaving in two parts must leave whole before anything else can.
  if (phase_ != Phase::kWaiting || turn_ == 0 || asked.turn != turn_) return addTo<uint64_t>(strays_, 1);
  uint64_t answered = 0;
  if (!verifies(frame, asked, answered)) return addTo<uint64_t>(unverified_, 1);
  if (std::find(heard_.begin(), heard_.end(), answered) != heard_.end()) return addTo<uint64_t>(repeated_, 1);
  heard_.push_back(answered);
  if (heard_.size() < job_.answers) return;
  phase_ = Phase::kIdle;
  addTo<uint64_t>(answered_, 1);
  push({DialogueEvent::Kind::kAnswered, job_.answers, job_.seq, asked.seq, asked.index, frame.sigmaNs, frame.tNs, readNs, frame.bytes});
  next(portFd);
  notify();
}

void Dialogue::onTurn(int portFd) {
  if (ended_.load(std::memory_order_relaxed)) return;
  if (phase_ == Phase::kWriting) write(portFd);
  const int64_t nowNs = monotonicRawNs();
  if (phase_ == Phase::kWaiting && nowNs >= dueNs_) {
    phase_ = Phase::kIdle;
    addTo<uint64_t>(deadlines_, 1);
    push({DialogueEvent::Kind::kDeadline, static_cast<uint8_t>(heard_.size()), job_.seq, current_.seq, current_.index, 0, nowNs, nowNs, {}});
  }
  // Works follow under the lease alone; without one the chips go on with the last.
  if (phase_ == Phase::kWaiting && job_.periodNs > 0 && nowNs >= nextWorkNs_ && leased(nowNs)) {
    prepareWork();
    beganNs_ = nowNs;
    lastTakenNs_ = nowNs;
    phase_ = Phase::kWriting;
    write(portFd);
  }
  if (phase_ == Phase::kIdle) next(portFd);
  notify();
}

int64_t Dialogue::dueNs() const {
  if (ended_.load(std::memory_order_relaxed)) return kNever;
  if (phase_ == Phase::kWaiting) return job_.periodNs > 0 && leased(nextWorkNs_) ? std::min(dueNs_, nextWorkNs_) : dueNs_;
  return phase_ == Phase::kWriting ? lastTakenNs_ + kStallNs : kNever;
}

// Whether the header that the answer claims to solve hashes as it should. `answered` tells answers of one job apart.
bool Dialogue::verifies(const CapturedFrame& frame, const Occupant& asked, uint64_t& answered) const {
  const std::optional<Answer> answer = answerIn(frame, format_);
  const uint32_t version = asked.versions[answer->midstate] | answer->versionBits;
  std::array<uint8_t, 80> header = job_.header;
  storeLittle32(header.data(), version);
  if (job_.periodNs > 0) storeLittle32(&header[kNtimeAt], asked.ntime);
  std::copy_n(answer->nonce, 4, header.begin() + 76);
  uint32_t nonce = 0;
  std::memcpy(&nonce, answer->nonce, sizeof nonce);
  answered = uint64_t{version} << 32 | nonce;
  uint8_t digest[32];
  sha256dHeaders(header.data(), 1, digest);
  return leadingZeroBits(digest) >= job_.zeroBits;
}

// The next frame: the job, or the next work of the word. Whoever had its id before has it no more.
void Dialogue::prepareWork() {
  written_ = 0;
  if (job_.periodNs == 0) {
    frame_ = job_.frame;
    current_ = {turn_, job_.seq, 0, 0, job_.versions};
    occupants_[job_.wireId] = current_;
    return;
  }
  const uint32_t seq = nextSeq_++;
  const uint32_t index = current_.turn == turn_ ? current_.index + 1 : 0;
  const uint8_t wireId = format_.wireIdOf(seq);
  const WordWork work = workOfWord({job_.header, job_.versionMask}, format_, wireId, index);
  frame_ = work.frame;
  current_ = {turn_, seq, index, work.ntime, work.versions};
  occupants_[wireId] = current_;
}

// The next job, if there is one and it may leave.
void Dialogue::next(int portFd) {
  const int64_t nowNs = monotonicRawNs();
  if (!leased(nowNs)) {
    if (!lapsed_) addTo<uint64_t>(leaseExpiries_, 1);
    lapsed_ = true;
    starvedSinceNs_ = 0;
    return;
  }
  lapsed_ = false;
  if (!prepared_.pop(job_)) {
    // Before the first job nobody is waiting for one.
    if (first_ || starvedSinceNs_ != 0) return;
    addTo<uint64_t>(underruns_, 1);
    starvedSinceNs_ = nowNs;
    return;
  }
  first_ = false;
  if (starvedSinceNs_ != 0) addTo<int64_t>(starvedNs_, nowNs - starvedSinceNs_);
  starvedSinceNs_ = 0;
  heard_.clear();
  turn_++;
  prepareWork();
  phase_ = Phase::kWriting;
  beganNs_ = nowNs;
  lastTakenNs_ = nowNs;
  write(portFd);
}

void Dialogue::write(int portFd) {
  unsigned tries = 0;
  while (written_ < frame_.length) {
    const ssize_t count = ::write(portFd, frame_.bytes.data() + written_, frame_.length - written_);
    if (count > 0) {
      written_ += static_cast<size_t>(count);
      lastTakenNs_ = monotonicRawNs();
      continue;
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) return finish({End::Cause::kError, errno});
    if (monotonicRawNs() - lastTakenNs_ >= kStallNs) return finish({End::Cause::kStalled, 0});
    if (tries == 0) addTo<uint64_t>(writeWaits_, 1);
    if (++tries > kOtherWriterTries || !hasRoom(portFd)) return;
    nanosleep(&kOtherWriter, nullptr);
  }
  const int64_t sentNs = monotonicRawNs();
  phase_ = Phase::kWaiting;
  nextWorkNs_ = beganNs_ + job_.periodNs;
  if (job_.periodNs > 0) addTo<uint64_t>(works_, 1);
  if (current_.index == 0) {
    dueNs_ = sentNs + job_.deadlineNs;
    addTo<uint64_t>(sent_, 1);
    push({DialogueEvent::Kind::kSent, 0, job_.seq, current_.seq, 0, 0, sentNs, beganNs_, {}});
  } else if (unheard_.load() < kMostUnheardWorks) {
    unheard_.fetch_add(1);
    push({DialogueEvent::Kind::kWork, static_cast<uint8_t>(heard_.size()), job_.seq, current_.seq, current_.index, 0, sentNs, beganNs_, {}});
  } else {
    addTo<uint64_t>(unheardWorks_, 1);
  }
}

// There is room: each job that is held has a place for both of its events, and works are counted.
void Dialogue::push(DialogueEvent event) {
  event.framesBefore = capture_->framesKept();
  events_.push(event);
}

void Dialogue::finish(End end) {
  end_ = end;
  ended_.store(true, std::memory_order_release);
  phase_ = Phase::kIdle;
}

void Dialogue::notify() {
  const bool news = !events_.empty() || ended_.load(std::memory_order_relaxed);
  if (news && !wakePending_.exchange(true)) wake_();
}

}  // namespace asicr
