// Threads that feed a chain of chips with work at absolute deadlines, whatever JavaScript does in the meantime.
//
// A BM1387 tries 2^19 counts per chip before it runs into its neighbour's range; new work is due after 0.9 of that time: 726 us with one
// midstate at 650 MHz, 2.9 ms with four (specs/bm1387.md 3.6).
//
// Writing ahead (`leadNs`). Every thread of a host may be held up for longer than a job lasts: 28 ms were seen on a virtual machine. So the line
// itself is the clock: jobs are written as soon as it has less than `leadNs` left to send, and leave one upon the other at its rate whatever
// happens here. A job needs less of the line than it lasts the chips (1.5625 MBd: 0.96 ms of 3.2 ms with four midstates at 650 MHz, 0.35 ms
// of 0.81 ms with one), so chips never come to the end of their ranges as long as no hold-up is longer than the lead. What that costs:
// - Jobs come two to three times as often as chips need them. Hash rate is not lost: the rest of a range is left untried, none is tried twice.
//   A line of half the rate (781250 Bd still carries both) makes half as many jobs and holds twice the time in the same bytes.
// - Ids return sooner, with four midstates after 31 ms, and up to leadNs of them have not left yet: see kGenerations.
// - Whatever else is written, a template's update and the end of a lease too, takes effect after up to leadNs. What is queued when a lease ends
//   or the pump is stopped still leaves: discarding it could tear the frame that is just leaving. Let the line fall free (lineFreeNs) before its
//   rate is changed.
// - Frames of others (register reads) go between jobs, in the order of the writes, because a job is never written to a port that may be full:
//   the lead is bounded by `queueBytes`, the least that a port's driver can hold.
// The alternative, filler between jobs that chips do not answer, would keep the pace; nobody knows what chips make of a line full of it.
//
// A processor may be held up for milliseconds whatever the priority of what waits for it: by a system call of another process that the
// kernel does not interrupt, or by the hypervisor. So a second thread on another processor stands in when a deadline has passed by
// kMostGraceNs and the first has not come. They take turns at one state: whoever finds it taken leaves it to the other.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "drivers/native/frame_ring.h"
#include "drivers/native/job_builder.h"
#include "drivers/native/job_ring.h"
#include "drivers/native/output_line.h"
#include "drivers/native/owned_descriptor.h"

namespace asicr {

// Three seconds of one S9 board with one midstate on a line that is never idle, and 64 jobs under each of its 128 ids.
constexpr size_t kRingJobs = 8192;
// How many of the last jobs under one id a late nonce may belong to: three, and those that may be queued beyond them.
constexpr size_t kGenerations = 8;
// What every serial driver of Linux holds: a page.
constexpr size_t kLeastQueueBytes = 4096;

struct PumpCounters {
  uint64_t jobs;              // that the kernel took
  uint64_t lateDeadlines;     // written more than a tenth of the period after its deadline; with a lead: when the line had fallen idle
  uint64_t skippedDeadlines;  // passed over because the pump came a whole period late: late work is replaced, not sent in a burst
  uint64_t underruns;         // more time than the chips had work for lay between the ends of two jobs on the line
  uint64_t standIns;          // turns that the second thread took because the first had not come
  uint64_t writeWaits;        // the port was full
  uint64_t leaseExpiries;
  int64_t worstGapNs;  // between the ends of two jobs of one lease on the line
  double worstShare;   // the largest share of the time the chips had work for that lay between two jobs: above 1 they ran out
  int64_t leastLeadNs;  // the least that the line still had to send when a job was written, once the lead had been reached; the lead until then
};

// What went over the line, for the wire trace.
struct SentFrame {
  int64_t tNs;  // CLOCK_MONOTONIC_RAW when the kernel had all of it
  JobFrame frame;
};

struct PumpEnd {
  enum class Cause { kHungUp, kError, kStalled, kExhausted };
  Cause cause;
  int errorNumber;  // errno when the cause is kError, else 0
};

struct PumpOptions {
  JobFormat format;
  uint32_t baud;
  int64_t periodNs;
  uint64_t firstSeq;
  uint64_t firstExtranonce2;
  std::unique_ptr<WorkTemplate> work;
  int64_t workNs = 0;  // for how long a job occupies the chips; 0: the period / 0.9
  int64_t leadNs = 0;  // how much the line has to send at any time; 0: jobs are written at their deadlines
  size_t queueBytes = kLeastQueueBytes;  // what the port can hold; bounds the lead
  size_t traceFrames = 0;  // how many written frames are kept for takeFrames(); 0: none
  QueuedBytes queued{};  // what the port holds; the kernel's answer unless given
};

class WorkPump {
 public:
  // The descriptor is duplicated and made non-blocking. Nothing is written before renew(). `wake` is called on the pump's thread when
  // there is something to see, and not again before seen() is called. nullptr with `error` an errno when it cannot start.
  static std::unique_ptr<WorkPump> start(int fd, PumpOptions options, std::function<void()> wake, int& error);

  ~WorkPump();

  // Ends the thread, waits for it and closes its copy of the descriptor. A frame that the port would not take whole stays torn. What was
  // recorded stays readable. May be called again.
  void stop();

  // Jobs are written until `ttlNs` from now, and not after, unless renewed. A frame that has begun is finished.
  void renew(int64_t ttlNs);
  bool leased() const;

  // For the next job that is begun; its generation number.
  uint32_t update(std::unique_ptr<WorkTemplate> work);
  // From the last job on. `workNs` as in PumpOptions.
  void setPeriod(int64_t periodNs, int64_t workNs = 0);
  // The line's rate, for lineEndNs. Does not touch the port.
  void setBaud(uint32_t baud);
  // Somebody else's bytes went to the port at `tNs`.
  void wroteBeside(size_t bytes, int64_t tNs) { line_.wroteBeside(bytes, tNs); }
  // CLOCK_MONOTONIC_RAW when the line will have sent all that was written.
  int64_t lineFreeNs() const { return line_.freeNs(); }

  const JobRing& ring() const { return ring_; }
  JobFormat format() const { return format_; }
  // The last jobs under an id of the wire, newest first, kGenerations at most.
  std::vector<JobRing::Entry> occupants(uint8_t wireId) const;

  PumpCounters counters() const;

  // Hands over the frames written since the last call, oldest first (FrameRing::drain), and how many were not kept.
  template <typename Sized, typename Sink>
  uint64_t takeFrames(Sized&& sized, Sink&& sink) {
    sentFrames_.drain(sized, sink);
    return framesDropped_.exchange(0);
  }

  // Why it ended by itself, if it did. `wake` may be called again from here on.
  std::optional<PumpEnd> seen();

  // Whether the system let its threads run under SCHED_FIFO.
  bool realtime() const { return realtime_; }

 private:
  WorkPump(int portFd, int wakeFd, int standInFd, PumpOptions options, std::function<void()> wake);
  bool startThreads(int& error);
  bool over() const { return stopping_.load() || ended_.load(); }
  void run();
  void standIn();
  int64_t turn(int eventFd);
  std::optional<PumpEnd> waitUntil(int64_t deadlineNs, int portFd, int eventFd);
  std::optional<PumpEnd> waitForEvent(int timeoutMs, int portFd, int eventFd);
  void publishDue(int64_t dueNs);
  int64_t graceNs() const;
  int64_t aheadNs(int64_t nowNs);
  void adoptUpdate();
  void prepare();
  std::optional<PumpEnd> send(int eventFd);
  std::optional<PumpEnd> writeFrame(int eventFd, bool& whole);
  void account(int64_t reserveNs);
  void lapse();
  void finish(PumpEnd end);
  void notify();

  OwnedDescriptor port_;
  OwnedDescriptor wakeEvent_;
  OwnedDescriptor standInEvent_;
  const JobFormat format_;
  OutputLine line_;
  const int64_t leadNs_;
  std::atomic<int64_t> periodNs_;
  std::atomic<int64_t> workNs_;
  std::atomic<int64_t> leaseUntilNs_{0};
  std::atomic<WorkTemplate*> update_{nullptr};
  std::atomic<uint32_t> generations_{1};
  std::function<void()> wake_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> wakePending_{false};
  std::atomic<bool> ended_{false};
  PumpEnd end_{};
  JobRing ring_;
  FrameRing<SentFrame> sentFrames_;
  const bool tracing_;
  bool realtime_ = false;
  // CLOCK_MONOTONIC of the next deadline, kNever without a lease.
  std::atomic<int64_t> dueNs_;

  std::atomic<uint64_t> jobs_{0};
  std::atomic<uint64_t> late_{0};
  std::atomic<uint64_t> skipped_{0};
  std::atomic<uint64_t> underruns_{0};
  std::atomic<uint64_t> standIns_{0};
  std::atomic<uint64_t> writeWaits_{0};
  std::atomic<uint64_t> leaseExpiries_{0};
  std::atomic<int64_t> worstGapNs_{0};
  std::atomic<double> worstShare_{0};
  std::atomic<int64_t> leastLeadNs_;
  std::atomic<uint64_t> framesDropped_{0};

  // Held by the thread whose turn it is, which alone uses what follows.
  std::mutex turn_;
  std::unique_ptr<WorkTemplate> work_;
  uint64_t seq_;
  uint64_t counter_;
  uint64_t index_ = 0;
  bool prepared_ = false;
  PumpedJob job_{};
  JobFrame frame_{};
  bool active_ = false;     // within a lease
  int64_t deadlineNs_ = 0;  // CLOCK_MONOTONIC
  int64_t pacedNs_ = 0;     // the period that the deadline goes by
  int64_t lastEndNs_ = 0;   // of the last job on the line, CLOCK_MONOTONIC_RAW; 0 when there is none of this lease yet
  int64_t lastWorkNs_ = 0;  // for how long that one occupies the chips
  bool led_ = false;        // the lead has been reached in this lease
  int64_t lastWakeNs_ = 0;

  std::thread thread_;
  std::thread standInThread_;
};

}  // namespace asicr
