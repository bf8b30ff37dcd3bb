#include "drivers/native/capture.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>

#include "common/native/check.h"

using namespace asicr;

namespace {

using Bytes = std::vector<uint8_t>;

const Bytes kLong = {0xAA, 0x55, 0x13, 0x66, 0, 0, 0, 0, 0, 0, 0x05};
const Bytes kShort = {0xAA, 0x55, 0x13, 0x66, 0, 0, 0, 0, 0x0C};

// A socket pair in place of a wire: `far` is the chips' end.
struct Wire {
  int near = -1;
  int far = -1;
  Wire() {
    int ends[2];
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    near = ends[0];
    far = ends[1];
  }
  ~Wire() {
    close(near);
    hangUp();
  }
  void send(const Bytes& bytes) const {
    for (size_t at = 0; at < bytes.size();) {
      const ssize_t sent = write(far, bytes.data() + at, bytes.size() - at);
      if (sent > 0) at += static_cast<size_t>(sent);
    }
  }
  void hangUp() {
    if (far >= 0) close(far);
    far = -1;
  }
};

// Collects what a capture hands over, as JavaScript would.
class Listener {
 public:
  std::function<void()> wake() {
    return [this] {
      const std::lock_guard<std::mutex> lock(mutex_);
      wakes_++;
      changed_.notify_all();
    };
  }

  // Takes until `count` frames are there; false when none came for ten seconds.
  bool takeFrames(Capture& capture, size_t count) {
    return takeUntil(capture, [&] { return frames.size() >= count; });
  }
  bool takeEnd(Capture& capture) {
    return takeUntil(capture, [&] { return ends > 0; });
  }
  void takeOnce(Capture& capture) {
    if (const auto end = capture.take([](size_t) {}, [&](size_t, const CapturedFrame& frame) { frames.push_back(frame); })) {
      ends++;
      lastEnd = *end;
    }
  }
  unsigned wakes() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return wakes_;
  }

  std::vector<CapturedFrame> frames;
  unsigned ends = 0;
  CaptureEnd lastEnd{};

 private:
  template <typename Enough>
  bool takeUntil(Capture& capture, Enough enough) {
    while (!enough()) {
      std::unique_lock<std::mutex> lock(mutex_);
      if (!changed_.wait_for(lock, std::chrono::seconds(10), [&] { return wakes_ != seen_; })) return false;
      seen_ = wakes_;
      lock.unlock();
      takeOnce(capture);
    }
    return true;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned wakes_ = 0;
  unsigned seen_ = 0;
};

std::unique_ptr<Capture> startOn(const Wire& wire, Listener& listener, ResponseLength length, const PortDelivery& delivery = {}) {
  int error = 0;
  std::unique_ptr<Capture> capture = Capture::start(wire.near, 1'000'000, length, listener.wake(), error, delivery);
  CHECK(capture != nullptr && error == 0);
  return capture;
}

// Until the thread has read this many bytes, whether or not there is a frame in them.
void waitForBytes(const Capture& capture, uint64_t count) {
  while (capture.counters().bytesRead < count) usleep(1000);
}

void framesArriveBetweenNoiseWithTimesThatDoNotDecrease() {
  Wire wire;
  Listener listener;
  const auto capture = startOn(wire, listener, ResponseLength::kEleven);
  const int64_t before = monotonicRawNs();
  wire.send({0xAA, 0x01, 0x02});
  for (int i = 0; i < 50; i++) wire.send(kLong);
  CHECK(listener.takeFrames(*capture, 50));
  // All may come with one read; the first is then taken to have been on the line 553 byte times before.
  int64_t previous = before - 553 * 10'000;
  for (const CapturedFrame& frame : listener.frames) {
    CHECK(frame.bytes[0] == 11 && std::equal(kLong.begin(), kLong.end(), frame.bytes.begin() + 1));
    CHECK(frame.tNs >= previous && frame.tNs <= monotonicRawNs() && frame.sigmaNs >= 50'000);
    previous = frame.tNs;
  }
  const CaptureCounters counters = capture->counters();
  CHECK_EQUAL(counters.bytesRead, 553u);
  CHECK_EQUAL(counters.frames, 50u);
  CHECK_EQUAL(counters.discardedBytes, 3u);
  CHECK_EQUAL(counters.overruns, 0u);
}

void strayBytesKeepTheirPlaceAmongTheFramesWhenAsked() {
  Wire wire;
  Listener listener;
  const auto capture = startOn(wire, listener, ResponseLength::kEleven);
  capture->keepStrays();
  Bytes sent = {0x01, 0x02};
  sent.insert(sent.end(), kLong.begin(), kLong.end());
  sent.insert(sent.end(), {0xAA, 0x03});
  sent.insert(sent.end(), kLong.begin(), kLong.end());
  // The beginning of a frame, which the end of the capture cuts off.
  sent.insert(sent.end(), {0xAA, 0x55, 0x04});
  wire.send(sent);
  waitForBytes(*capture, sent.size());
  capture->stop();
  listener.takeOnce(*capture);
  Bytes heard;
  size_t frames = 0;
  int64_t previous = 0;
  for (const CapturedFrame& run : listener.frames) {
    const size_t length = run.bytes[0] & ~kStray;
    heard.insert(heard.end(), run.bytes.begin() + 1, run.bytes.begin() + 1 + static_cast<std::ptrdiff_t>(length));
    frames += (run.bytes[0] & kStray) == 0 ? 1 : 0;
    CHECK(run.tNs >= previous && run.sigmaNs > 0);
    previous = run.tNs;
  }
  CHECK(heard == sent);
  CHECK_EQUAL(frames, 2u);
  CHECK_EQUAL(capture->counters().frames, 2u);
  CHECK_EQUAL(capture->counters().discardedBytes, 7u);
}

// Half of the ring stays free for frames.
void strayBytesNeverCostAFrame() {
  Wire wire;
  Listener listener;
  const auto capture = startOn(wire, listener, ResponseLength::kEleven);
  capture->keepStrays();
  constexpr size_t kFrames = kRingFrames / 4;
  const Bytes noise(kRingFrames * kLongFrame, 0x11);
  Bytes flood;
  for (size_t i = 0; i < kFrames; i++) flood.insert(flood.end(), kLong.begin(), kLong.end());
  wire.send(noise);
  wire.send(flood);
  waitForBytes(*capture, noise.size() + flood.size());
  capture->stop();
  listener.takeOnce(*capture);
  const auto strays = std::count_if(listener.frames.begin(), listener.frames.end(), [](const CapturedFrame& run) { return (run.bytes[0] & kStray) != 0; });
  CHECK(strays > 0 && static_cast<size_t>(strays) <= kRingFrames / 2);
  CHECK_EQUAL(listener.frames.size() - static_cast<size_t>(strays), kFrames);
  CHECK_EQUAL(capture->counters().overruns, 0u);
}

void oneWakeUntilTaken() {
  Wire wire;
  Listener listener;
  const auto capture = startOn(wire, listener, ResponseLength::kEleven);
  for (int i = 1; i <= 20; i++) {
    wire.send(kLong);
    while (capture->counters().frames < static_cast<unsigned>(i)) usleep(1000);
  }
  CHECK_EQUAL(listener.wakes(), 1u);
  CHECK(listener.takeFrames(*capture, 20));
  wire.send(kLong);
  CHECK(listener.takeFrames(*capture, 21));
}

// Far more than one read holds waits when the capture starts: the bytes arrived before, one line time each.
void framesThatWaitedAreStampedOverTheWholeBacklog() {
  Wire wire;
  Listener listener;
  constexpr size_t kFrames = 1000;
  Bytes backlog;
  for (size_t i = 0; i < kFrames; i++) backlog.insert(backlog.end(), kLong.begin(), kLong.end());
  wire.send(backlog);
  const auto capture = startOn(wire, listener, ResponseLength::kEleven);
  CHECK(listener.takeFrames(*capture, kFrames));
  CHECK(listener.frames.back().tNs - listener.frames.front().tNs >= static_cast<int64_t>((kFrames - 1) * kLong.size() * 10'000));
}

void newestFramesAreDroppedAndCountedWhenTheRingIsFull() {
  Wire wire;
  Listener listener;
  const auto capture = startOn(wire, listener, ResponseLength::kEleven);
  Bytes flood;
  for (size_t i = 0; i < kRingFrames + 100; i++) flood.insert(flood.end(), kLong.begin(), kLong.end());
  wire.send(flood);
  waitForBytes(*capture, flood.size());
  CHECK(listener.takeFrames(*capture, kRingFrames));
  // Once all bytes are counted, the last read may still be being scanned.
  capture->stop();
  listener.takeOnce(*capture);
  CHECK_EQUAL(capture->counters().frames, kRingFrames + 100);
  CHECK_EQUAL(listener.frames.size() + capture->counters().overruns, kRingFrames + 100);
  CHECK(capture->counters().overruns > 0);
  // A backlog that came faster than the line allows must not turn time back.
  for (size_t i = 1; i < listener.frames.size(); i++)
    if (listener.frames[i].tNs < listener.frames[i - 1].tNs) return checks.record(false, __FILE__, __LINE__, "times decrease");
}

void hangUpIsReportedOnceAfterTheLastFrame() {
  Wire wire;
  Listener listener;
  const auto capture = startOn(wire, listener, ResponseLength::kEither);
  wire.send(kLong);
  wire.send(kShort);
  wire.hangUp();
  CHECK(listener.takeEnd(*capture));
  CHECK_EQUAL(listener.frames.size(), 2u);
  CHECK(listener.lastEnd.cause == CaptureEnd::Cause::kEndOfStream);
  CHECK_EQUAL(listener.ends, 1u);
}

void shortFrameComesAfterSilence() {
  Wire wire;
  Listener listener;
  const auto capture = startOn(wire, listener, ResponseLength::kEither);
  wire.send(kShort);
  CHECK(listener.takeFrames(*capture, 1));
  CHECK(listener.frames.size() == 1 && listener.frames[0].bytes[0] == 9);
  // Nine bytes of a long frame stay, however long the silence.
  wire.send(Bytes(kLong.begin(), kLong.begin() + 9));
  usleep(60'000);
  wire.send(Bytes(kLong.begin() + 9, kLong.end()));
  CHECK(listener.takeFrames(*capture, 2));
  CHECK(listener.frames.size() == 2 && listener.frames[1].bytes[0] == 11);
}

// specs/bm1387.md 1.4
const Bytes kBare = {0x13, 0x87, 0x90, 0xF4, 0, 0, 0x1C};

void fragmentOfABareFrameIsGivenUpAfterSilence() {
  Wire wire;
  Listener listener;
  const auto capture = startOn(wire, listener, ResponseLength::kSeven);
  wire.send(Bytes(kBare.begin() + 2, kBare.end()));
  while (capture->counters().discardedBytes < 5) usleep(1000);
  wire.send(kBare);
  wire.send(kBare);
  CHECK(listener.takeFrames(*capture, 2));
  CHECK_EQUAL(capture->counters().discardedBytes, 5u);
  CHECK(listener.frames[0].bytes[0] == 7 && std::equal(kBare.begin(), kBare.end(), listener.frames[0].bytes.begin() + 1));
}

// A damaged byte before it brings the search out of step; the frame's own bytes are cut by a pause, as no chip would.
void noFrameCrossesAPauseOfTheLineWhileOutOfStep() {
  // Where the port itself may keep bytes for longer than that, a pause says nothing of the line.
  const PortDelivery slow{0, 1'000'000'000, 62, 0};
  const struct {
    useconds_t pauseUs;
    PortDelivery delivery;
    uint64_t frames;
  } cases[] = {{0, {}, 1}, {5000, {}, 0}, {5000, slow, 1}};
  for (const auto& [pauseUs, delivery, frames] : cases) {
    Wire wire;
    Listener listener;
    const auto capture = startOn(wire, listener, ResponseLength::kSeven, delivery);
    Bytes sent = {0xFF};
    sent.insert(sent.end(), kBare.begin(), kBare.end());
    if (pauseUs > 0) {
      wire.send(Bytes(sent.begin(), sent.end() - 1));
      waitForBytes(*capture, sent.size() - 1);
      usleep(pauseUs);
      wire.send({sent.back()});
    } else {
      wire.send(sent);
    }
    waitForBytes(*capture, sent.size());
    capture->stop();
    CHECK_EQUAL(capture->counters().frames, frames);
  }
}

void anAdaptersTimerThatRunsForLongTearsNoFrame() {
  Wire wire;
  Listener listener;
  const auto capture = startOn(wire, listener, ResponseLength::kSeven, {1'000'000, 1'000'000'000, 62, 0});
  wire.send(Bytes(kBare.begin(), kBare.begin() + 3));
  waitForBytes(*capture, 3);
  usleep(100'000);
  wire.send(Bytes(kBare.begin() + 3, kBare.end()));
  CHECK(listener.takeFrames(*capture, 1));
  CHECK_EQUAL(capture->counters().discardedBytes, 0u);
}

void stampsAllowForThePortsDelivery() {
  Wire wire;
  Listener listener;
  const auto capture = startOn(wire, listener, ResponseLength::kEleven, {1'000'000'000, 0, 0, 0});
  const int64_t beforeNs = monotonicRawNs();
  wire.send(kLong);
  CHECK(listener.takeFrames(*capture, 1));
  CHECK(listener.frames[0].sigmaNs > 288'000'000);
  CHECK(listener.frames[0].tNs <= monotonicRawNs() - 500'000'000 && listener.frames[0].tNs >= beforeNs - 501'000'000);
}

void newLengthIsAppliedWhileNothingArrives() {
  Wire wire;
  Listener listener;
  const auto capture = startOn(wire, listener, ResponseLength::kEleven);
  wire.send(kShort);
  waitForBytes(*capture, kShort.size());
  capture->setLength(ResponseLength::kNine);
  CHECK(listener.takeFrames(*capture, 1));
}

void callersDescriptorMayBeClosedMeanwhile() {
  Wire wire;
  Listener listener;
  const auto capture = startOn(wire, listener, ResponseLength::kEleven);
  close(wire.near);
  wire.near = -1;
  wire.send(kLong);
  CHECK(listener.takeFrames(*capture, 1));
}

void stopEndsAnIdleThreadAndMayBeRepeated() {
  Wire wire;
  Listener listener;
  const auto capture = startOn(wire, listener, ResponseLength::kEleven);
  capture->stop();
  capture->stop();
  const unsigned wakes = listener.wakes();
  wire.send(kLong);
  usleep(20'000);
  CHECK_EQUAL(listener.wakes(), wakes);
  CHECK_EQUAL(capture->counters().bytesRead, 0u);
}

void stopReleasesThePortAndKeepsWhatWasFound() {
  Wire wire;
  Listener listener;
  const auto capture = startOn(wire, listener, ResponseLength::kEleven);
  wire.send(kLong);
  waitForBytes(*capture, kLong.size());
  close(wire.near);
  wire.near = -1;
  capture->stop();
  // The far end sees the last descriptor of the near end go.
  uint8_t byte = 0;
  CHECK_EQUAL(recv(wire.far, &byte, 1, MSG_DONTWAIT), 0);
  capture->setLength(ResponseLength::kNine);
  CHECK_EQUAL(capture->counters().bytesRead, kLong.size());
  listener.takeOnce(*capture);
  CHECK_EQUAL(listener.frames.size(), 1u);
}

void badDescriptorsAreRefused() {
  int error = 0;
  CHECK(Capture::start(-1, 115'200, ResponseLength::kNine, [] {}, error) == nullptr);
  CHECK_EQUAL(error, EBADF);
  const Wire wire;
  CHECK(Capture::start(wire.near, 0, ResponseLength::kNine, [] {}, error) == nullptr);
  CHECK_EQUAL(error, EINVAL);
}

void unreadableDescriptorEndsWithItsError() {
  Listener listener;
  int error = 0;
  const int directory = open(".", O_RDONLY | O_DIRECTORY);
  const auto capture = Capture::start(directory, 115'200, ResponseLength::kNine, listener.wake(), error);
  CHECK(capture != nullptr);
  CHECK(listener.takeEnd(*capture));
  CHECK(listener.lastEnd.cause == CaptureEnd::Cause::kError && listener.lastEnd.errorNumber == EISDIR);
  close(directory);
}

}  // namespace

int main() {
  framesArriveBetweenNoiseWithTimesThatDoNotDecrease();
  strayBytesKeepTheirPlaceAmongTheFramesWhenAsked();
  strayBytesNeverCostAFrame();
  oneWakeUntilTaken();
  framesThatWaitedAreStampedOverTheWholeBacklog();
  newestFramesAreDroppedAndCountedWhenTheRingIsFull();
  hangUpIsReportedOnceAfterTheLastFrame();
  shortFrameComesAfterSilence();
  fragmentOfABareFrameIsGivenUpAfterSilence();
  noFrameCrossesAPauseOfTheLineWhileOutOfStep();
  anAdaptersTimerThatRunsForLongTearsNoFrame();
  stampsAllowForThePortsDelivery();
  newLengthIsAppliedWhileNothingArrives();
  callersDescriptorMayBeClosedMeanwhile();
  stopEndsAnIdleThreadAndMayBeRepeated();
  stopReleasesThePortAndKeepsWhatWasFound();
  badDescriptorsAreRefused();
  unreadableDescriptorEndsWithItsError();
  return checks.finish();
}
