#include "drivers/native/capture.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "drivers/native/port_thread.h"

namespace asicr {
namespace {

constexpr const char* kThreadName = "asicr-capture";
// Below the 50 that threaded interrupt handlers run at, so that the capture never starves the UART's own.
constexpr int kRealtimePriority = 40;
// The largest piece a tty hands over at once.
constexpr size_t kReadBytes = 4096;
// A read this long means that the thread came late, and more may be waiting behind it.
constexpr size_t kBacklogBytes = 1024;
// Longer than any gap inside a frame, a USB bridge's latency timer (16 ms unless set otherwise) included.
constexpr int64_t kSilenceNs = 20'000'000;
constexpr int64_t kBeyondDeliveryNs = 4'000'000;
constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kNsPerSecond = 1'000'000'000;
// poll() counts milliseconds in 32 bits.
constexpr int64_t kLongestWaitNs = 1'000'000 * kNsPerMs;
// Chips answer back to back (specs/bm1387.md 1.4): a pause of more than two byte times lies between frames. As seen from here a late
// wakeup and a late delivery look like one; three standard uncertainties for the first and all of the second keep them from hiding
// intact frames.
constexpr int64_t kSilentByteTimes = 2;
constexpr int64_t kLateWakeupNs = 3 * kWakeupNs;
constexpr int64_t kBitsPerByteNs = 10'000'000'000;

void addTo(std::atomic<uint64_t>& counter, uint64_t by) { counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed); }

}  // namespace

Capture::Capture(int portFd, int wakeFd, uint32_t baud, ResponseLength length, std::function<void()> wake, const PortDelivery& delivery)
    : port_(portFd),
      wakeEvent_(wakeFd),
      baud_(baud),
      length_(length),
      wake_(std::move(wake)),
      delivery_(delivery),
      silenceNs_(std::max(kSilenceNs, delivery.frameNs + delivery.timerNs + kBeyondDeliveryNs)),
      scanner_(length),
      arrivals_(delivery),
      buffer_(kReadBytes) {}

Capture::~Capture() { stop(); }

std::unique_ptr<Capture> Capture::start(int fd, uint32_t baud, ResponseLength length, std::function<void()> wake, int& error,
                                        const PortDelivery& delivery) {
  if (baud == 0) {
    error = EINVAL;
    return nullptr;
  }
  const int portFd = copyOfPort(fd, error);
  if (portFd < 0) return nullptr;
  const int wakeFd = wakeDescriptor(error);
  std::unique_ptr<Capture> capture(new Capture(portFd, wakeFd, baud, length, std::move(wake), delivery));
  if (wakeFd < 0) return nullptr;
  Capture* self = capture.get();
  if (!startPortThread(self->thread_, kThreadName, kRealtimePriority, [self] { self->run(); }, self->realtime_, error)) return nullptr;
  // Its own priority helps little as long as what comes before it has none, or no processor.
  self->lineWorkers_ = LineWorkersHold::take();
  self->processorWake_ = ProcessorWake::take();
  return capture;
}

void Capture::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  signalDescriptor(wakeEvent_.get());
  thread_.join();
  // It may hold this capture in turn.
  endResponder(responder_.get());
  // Now, not when this object is collected: the port is free for whoever opens it next, and a replugged adapter gets its old name.
  port_.release();
  wakeEvent_.release();
  lineWorkers_.reset();
  processorWake_.reset();
}

void Capture::setBaud(uint32_t baud) {
  if (baud > 0) baud_.store(baud);
}

void Capture::setLength(ResponseLength length) {
  length_.store(length);
  signalDescriptor(wakeEvent_.get());
}

void Capture::keepStrays() { keepsStrays_.store(true); }

bool Capture::respondWith(std::shared_ptr<FrameResponder> responder) {
  {
    const std::lock_guard<std::mutex> lock(responding_);
    if (responder_ != nullptr) return false;
    responder_ = std::move(responder);
  }
  nudge();
  return true;
}

void Capture::endResponder(const FrameResponder* responder) {
  std::shared_ptr<FrameResponder> ended;
  const std::lock_guard<std::mutex> lock(responding_);
  if (responder_.get() == responder) ended.swap(responder_);
}

void Capture::nudge() { signalDescriptor(wakeEvent_.get()); }

CaptureCounters Capture::counters() const { return {bytesRead_.load(), frames_.load(), discarded_.load(), overruns_.load()}; }

void Capture::run() {
  for (;;) {
    if (stopping_.load()) return abandonWaiting();
    int64_t dueNs = 0;
    bool wantsRoom = false;
    turn(dueNs, wantsRoom);
    const auto events = static_cast<short>(wantsRoom ? POLLIN | POLLOUT : POLLIN);
    pollfd watched[2] = {{port_.get(), events, 0}, {wakeEvent_.get(), POLLIN, 0}};
    const timespec wait = pollTimeout(dueNs);
    const int ready = ppoll(watched, 2, wait.tv_sec < 0 ? nullptr : &wait, nullptr);
    if (ready < 0) {
      if (errno == EINTR) continue;
      return finish({CaptureEnd::Cause::kError, errno});
    }
    if (watched[1].revents != 0) {
      clearDescriptor(wakeEvent_.get());
      if (stopping_.load()) return abandonWaiting();
    }
    const ResponseLength length = length_.load();
    if (length != scanner_.length()) {
      scanner_.setLength(length, found_);
      flushed_ = false;
      deliver();
    }
    if ((watched[0].revents & ~POLLOUT) != 0) {
      if (const std::optional<CaptureEnd> end = readOnce(watched[0].revents)) return finish(*end);
    } else {
      flushWhenSilent();
    }
  }
}

void Capture::turn(int64_t& dueNs, bool& wantsRoom) {
  const std::lock_guard<std::mutex> lock(responding_);
  dueNs = FrameResponder::kNever;
  if (responder_ == nullptr) return;
  responder_->onTurn(port_.get());
  dueNs = responder_->dueNs();
  wantsRoom = responder_->wantsRoom();
}

// To the nanosecond: works of a dialogue with an S9 are due within fractions of a millisecond. Negative: without end.
timespec Capture::pollTimeout(int64_t dueNs) const {
  const bool mayBeShort = scanner_.length() == ResponseLength::kEither && scanner_.pendingBytes() >= kShortFrame;
  const bool mayBeTorn = scanner_.length() == ResponseLength::kSeven && scanner_.pendingBytes() > 0;
  if (!flushed_ && (mayBeShort || mayBeTorn)) dueNs = std::min(dueNs, lastReadNs_ + silenceNs_);
  if (dueNs == FrameResponder::kNever) return {-1, 0};
  const int64_t leftNs = std::clamp<int64_t>(dueNs - monotonicRawNs(), 0, kLongestWaitNs);
  return {static_cast<time_t>(leftNs / kNsPerSecond), static_cast<long>(leftNs % kNsPerSecond)};
}

std::optional<CaptureEnd> Capture::readOnce(short pollEvents) {
  const ssize_t count = read(port_.get(), buffer_.data(), buffer_.size());
  const int failure = errno;
  int64_t readNs = monotonicRawNs();
  if (count == 0) return CaptureEnd{CaptureEnd::Cause::kEndOfStream, 0};
  if (count < 0) {
    if (failure == EINTR) return std::nullopt;
    if (failure != EAGAIN && failure != EWOULDBLOCK) return CaptureEnd{CaptureEnd::Cause::kError, failure};
    if ((pollEvents & (POLLHUP | POLLERR)) != 0) return CaptureEnd{CaptureEnd::Cause::kHungUp, 0};
    return std::nullopt;
  }
  const auto bytes = static_cast<size_t>(count);
  const uint32_t baud = baud_.load();
  if (bytes >= kBacklogBytes) {
    int waiting = 0;
    if (ioctl(port_.get(), FIONREAD, &waiting) == 0 && waiting > 0) readNs -= kBitsPerByteNs / baud * waiting;
    readNs = std::max(readNs, lastReadNs_);
  }
  const int64_t byteNs = kBitsPerByteNs / baud;
  const int64_t notLateNs = kSilentByteTimes * byteNs + kLateWakeupNs + delivery_.longestNs(byteNs);
  if (readNs - byteNs * static_cast<int64_t>(bytes) - lastReadNs_ > notLateNs) scanner_.silence();
  arrivals_.add(scanner_.pendingOffset() + scanner_.pendingBytes(), bytes, readNs, baud);
  lastReadNs_ = readNs;
  flushed_ = false;
  addTo(bytesRead_, bytes);
  if (keepsStrays_.load()) scanner_.keepStrays();
  scanner_.feed(buffer_.data(), bytes, found_);
  deliver();
  return std::nullopt;
}

void Capture::flushWhenSilent() {
  if (flushed_ || monotonicRawNs() - lastReadNs_ < silenceNs_) return;
  flushed_ = true;
  scanner_.flush(found_);
  scanner_.expire(found_);
  deliver();
}

void Capture::deliver() {
  // Counted first: whoever sees a frame finds it in the counters.
  addTo(frames_, static_cast<uint64_t>(std::count_if(found_.begin(), found_.end(), [](const Frame& frame) { return !frame.stray; })));
  discarded_.store(scanner_.discardedBytes(), std::memory_order_relaxed);
  const std::lock_guard<std::mutex> lock(responding_);
  for (const Frame& frame : found_) {
    const Arrival arrival = arrivals_.at(frame.offset);
    CapturedFrame captured{arrival.tNs, arrival.sigmaNs, {}};
    captured.bytes[0] = frame.length;
    std::copy_n(frame.bytes.begin(), frame.length, captured.bytes.begin() + 1);
    if (frame.stray) {
      captured.bytes[0] |= kStray;
      if (!ring_.crowded()) ring_.push(captured);
      continue;
    }
    if (!ring_.push(captured)) addTo(overruns_, 1);
    if (responder_ != nullptr) responder_->onFrame(captured, lastReadNs_, port_.get());
  }
  arrivals_.forgetBefore(scanner_.pendingOffset());
  if (!found_.empty()) notify();
  found_.clear();
}

void Capture::abandonWaiting() {
  if (!keepsStrays_.load()) return;
  scanner_.abandon(found_);
  deliver();
}

void Capture::finish(CaptureEnd end) {
  scanner_.flush(found_);
  deliver();
  abandonWaiting();
  end_ = end;
  ended_.store(true, std::memory_order_release);
  notify();
}

void Capture::notify() {
  if (!wakePending_.exchange(true)) wake_();
}

}  // namespace asicr
