// A thread that takes over reading from an open serial descriptor, time-stamps what arrives and finds the frames in it.
#pragma once
#include <time.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "drivers/native/arrival_times.h"
#include "drivers/native/frame_responder.h"
#include "drivers/native/frame_ring.h"
#include "drivers/native/frame_scanner.h"
#include "drivers/native/line_workers.h"
#include "drivers/native/owned_descriptor.h"
#include "drivers/native/processor_wake.h"

namespace asicr {

// Frames that may wait for JavaScript: eleven minutes of one chip's flood at ticket 1 (100 frames/s, specs/bm1366.md 8.14), in 1.6 MB.
constexpr size_t kRingFrames = 65'536;

struct CaptureCounters {
  uint64_t bytesRead;
  uint64_t frames;  // found, overruns included
  uint64_t discardedBytes;
  uint64_t overruns;
};

// Why a capture ended by itself.
struct CaptureEnd {
  enum class Cause { kEndOfStream, kHungUp, kError };
  Cause cause;
  int errorNumber;  // errno when the cause is kError, else 0
};

class Capture {
 public:
  // Starts reading. The descriptor is duplicated, so closing the caller's copy does not pull it from under the thread (and does not
  // release the port before stop()); it is made non-blocking, and must have no other reader. `wake` is called on the capture thread
  // when there is something to take, and not again before take() is called. nullptr with `error` an errno when it cannot start.
  static std::unique_ptr<Capture> start(int fd, uint32_t baud, ResponseLength length, std::function<void()> wake, int& error,
                                        const PortDelivery& delivery = {});

  ~Capture();

  // Ends the thread, waits for it and closes its copy of the descriptor. `wake` is not called any more when this returns; what was found
  // and counted stays readable. May be called again.
  void stop();

  void setBaud(uint32_t baud);
  void setLength(ResponseLength length);

  // Hands over bytes that belong to no frame from now on, too: in their place among the frames, marked kStray. Frames come first: above half
  // of the ring such bytes are only counted. When the capture ends, what waits for the rest of a frame is handed over as well.
  void keepStrays();

  // Hands over all frames found so far, oldest first; see FrameRing::drain. The end, if there is one, comes with the last of them.
  template <typename Sized, typename Sink>
  std::optional<CaptureEnd> take(Sized&& sized, Sink&& sink) {
    wakePending_.store(false);
    // Read before the ring is: no frame is pushed once this is set.
    const bool ended = ended_.load(std::memory_order_acquire);
    ring_.drain(sized, sink);
    return ended ? std::optional<CaptureEnd>(end_) : std::nullopt;
  }

  // Frames that were found and kept for take() so far, and how many of those it has handed over.
  uint64_t framesKept() const { return ring_.pushed(); }
  uint64_t framesTaken() const { return ring_.taken(); }

  // Frames go to this one first, on the capture's thread. False when there is one already.
  bool respondWith(std::shared_ptr<FrameResponder> responder);
  // It is not called any more when this returns.
  void endResponder(const FrameResponder* responder);
  // Has the thread call onTurn soon.
  void nudge();

  CaptureCounters counters() const;

  // Whether the system let the thread run under SCHED_FIFO.
  bool realtime() const { return realtime_; }

 private:
  Capture(int portFd, int wakeFd, uint32_t baud, ResponseLength length, std::function<void()> wake, const PortDelivery& delivery);
  void run();
  timespec pollTimeout(int64_t dueNs) const;
  void turn(int64_t& dueNs, bool& wantsRoom);
  std::optional<CaptureEnd> readOnce(short pollEvents);
  void flushWhenSilent();
  void deliver();
  void abandonWaiting();
  void finish(CaptureEnd end);
  void notify();

  OwnedDescriptor port_;
  OwnedDescriptor wakeEvent_;
  std::atomic<uint32_t> baud_;
  std::atomic<ResponseLength> length_;
  std::function<void()> wake_;
  std::atomic<bool> keepsStrays_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> wakePending_{false};
  std::atomic<bool> ended_{false};
  CaptureEnd end_{};
  std::atomic<uint64_t> bytesRead_{0};
  std::atomic<uint64_t> frames_{0};
  std::atomic<uint64_t> discarded_{0};
  std::atomic<uint64_t> overruns_{0};
  FrameRing<CapturedFrame> ring_{kRingFrames};
  bool realtime_ = false;
  std::shared_ptr<LineWorkersHold> lineWorkers_;
  std::shared_ptr<ProcessorWake> processorWake_;
  // Held while the responder is called, or changed.
  std::mutex responding_;
  std::shared_ptr<FrameResponder> responder_;

  // Used by the capture thread alone.
  const PortDelivery delivery_;
  const int64_t silenceNs_;
  FrameScanner scanner_;
  ArrivalTimes arrivals_;
  std::vector<Frame> found_;
  std::vector<uint8_t> buffer_;
  int64_t lastReadNs_ = 0;
  bool flushed_ = true;

  std::thread thread_;
};

}  // namespace asicr
