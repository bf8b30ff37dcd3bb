// Who answers frames on the capture's own thread, before anybody else has heard of them.
#pragma once
#include <cstdint>
#include <limits>

#include "drivers/native/frame_ring.h"

namespace asicr {

// Every function but the destructor is called on the capture's thread, never two at a time, with the capture's own descriptor of the port.
class FrameResponder {
 public:
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  virtual ~FrameResponder() = default;
  // A frame was found. `readNs`: when the read returned that brought its last byte, CLOCK_MONOTONIC_RAW as all times here.
  virtual void onFrame(const CapturedFrame& frame, int64_t readNs, int portFd) = 0;
  // The thread woke up, for whatever reason.
  virtual void onTurn(int portFd) = 0;
  // When onTurn wants to be called at the latest; kNever: not for the sake of time.
  virtual int64_t dueNs() const = 0;
  // Whether onTurn wants to be called when the port has room again.
  virtual bool wantsRoom() const = 0;
};

}  // namespace asicr
