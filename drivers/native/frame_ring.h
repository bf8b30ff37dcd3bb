// A bounded queue of frames between a thread that writes (one at a time) and one that reads, without locks: a port's thread may run at
// real-time priority and must never wait for the JavaScript thread.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace asicr {

// A frame's length, then the frame, zero-padded: FrameBatch of drivers/transport/chip-link.ts.
constexpr size_t kFrameStride = 12;
// In the byte of the length: these bytes belong to no frame.
constexpr uint8_t kStray = 0x80;

struct CapturedFrame {
  int64_t tNs;
  uint32_t sigmaNs;
  std::array<uint8_t, kFrameStride> bytes;
};

template <typename Frame>
class FrameRing {
 public:
  explicit FrameRing(size_t capacity) : slots_(capacity) {}

  // Writer only. False when full: the frame is not taken.
  bool push(const Frame& frame) {
    const uint64_t head = head_.load(std::memory_order_relaxed);
    if (head - tail_.load(std::memory_order_acquire) == slots_.size()) return false;
    slots_[head % slots_.size()] = frame;
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  // Reader only. False when there is none.
  bool pop(Frame& frame) {
    const uint64_t tail = tail_.load(std::memory_order_relaxed);
    if (tail == head_.load(std::memory_order_acquire)) return false;
    frame = slots_[tail % slots_.size()];
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  // Writer only. Half of the room is for what matters most.
  bool crowded() const { return head_.load(std::memory_order_relaxed) - tail_.load(std::memory_order_acquire) >= slots_.size() / 2; }

  // Whoever writes or reads; for anybody else it may have changed already.
  bool empty() const { return tail_.load(std::memory_order_acquire) == head_.load(std::memory_order_acquire); }

  // How many frames were ever taken in, and how many of those were handed out again.
  uint64_t pushed() const { return head_.load(std::memory_order_acquire); }
  uint64_t taken() const { return tail_.load(std::memory_order_acquire); }

  // Reader only: hands everything that is there, oldest first, to `sink(index, frame)` after `sized(count)`.
  template <typename Sized, typename Sink>
  void drain(Sized&& sized, Sink&& sink) {
    drainWhile([](const Frame&) { return true; }, sized, sink);
  }

  // Reader only: the same up to the first for which `wanted(frame)` does not hold.
  template <typename Wanted, typename Sized, typename Sink>
  void drainWhile(Wanted&& wanted, Sized&& sized, Sink&& sink) {
    const uint64_t tail = tail_.load(std::memory_order_relaxed);
    const uint64_t latest = head_.load(std::memory_order_acquire);
    uint64_t head = tail;
    while (head != latest && wanted(slots_[head % slots_.size()])) head++;
    sized(static_cast<size_t>(head - tail));
    for (uint64_t at = tail; at != head; at++) sink(static_cast<size_t>(at - tail), slots_[at % slots_.size()]);
    tail_.store(head, std::memory_order_release);
  }

 private:
  std::vector<Frame> slots_;
  std::atomic<uint64_t> head_{0};
  std::atomic<uint64_t> tail_{0};
};

}  // namespace asicr
