// One word at a time: the next job leaves only upon the answer to the last one, or at its deadline (DESIGN section 1.4, "dialogue").
//
// From the last byte of the answer to the first byte of the next job nothing but the capture's thread runs: it finds the frame, hashes the
// header it claims to solve (a checksum of five bits lets one damaged frame in 32 through) and writes the next prepared job.
//
// A BM1387 cannot wait with one work for its answer. There a word is a row of works that differ in their version bits (word_works.h), one after each
// `periodNs`, each under a number and an id of its own; an answer to any of them is one to the word, and ends the row. Nothing is written ahead
// (work_pump.h), so that the next word can leave at once: the line may still be busy with a work of the word before, for 0.35 to 1 ms at
// 1.5625 MBd, and a hold-up of this thread is one of the chips.
#pragma once
#include <array>
#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "drivers/native/capture.h"
#include "drivers/native/frame_responder.h"
#include "drivers/native/frame_ring.h"
#include "drivers/native/job_builder.h"
#include "drivers/native/word_works.h"

namespace asicr {

// Ids on the wire have 7 bits: no more jobs than this can be told apart.
constexpr size_t kMostPreparedJobs = 64;
constexpr size_t kMostAnswers = 64;
// Works of words that JavaScript has not heard of: 24 seconds of four midstates at 650 MHz.
constexpr size_t kMostUnheardWorks = 8192;

// A job that only waits to be written, and what its answers are checked against.
struct DialogueJob {
  uint32_t seq;
  uint8_t wireId;
  uint8_t answers;      // how many different verified ones let the next job go, 1 to kMostAnswers
  uint16_t zeroBits;    // that a hash needs to be an answer
  int64_t deadlineNs;   // after it was sent
  std::array<uint8_t, 80> header;           // version and nonce are filled in from the answer
  std::array<uint32_t, kMostMidstates> versions;  // by midstate; BM1366: the first, to which the rolled bits are added
  JobFrame frame;
  int64_t periodNs;      // between two works of a word; 0: the frame is all there is
  uint32_t versionMask;  // of a word's works. Their numbers and ids are given as they leave: seq is the word's, frame, wireId and versions are not used
};

struct DialogueEvent {
  enum class Kind : uint8_t { kSent, kAnswered, kDeadline, kWork };  // kWork: a further work of the word was sent
  Kind kind;
  uint8_t answers;  // of this job so far
  uint32_t word;    // the job's seq as it was prepared
  uint32_t seq;     // of the job; of a word's work that was sent or answered
  uint32_t index;   // of that work within its word
  uint32_t sigmaNs;  // of tNs, kAnswered; else 0
  int64_t tNs;       // kSent: the kernel had all of it; kAnswered: first byte of the answer that counted; kDeadline: when it was given up
  int64_t turnNs;    // kSent: just before the first byte; kAnswered: the read returned that brought the last byte; kDeadline: as tNs
  std::array<uint8_t, kFrameStride> frame;  // kAnswered
  uint64_t framesBefore = 0;  // how many frames the capture had kept by then, the answer's own among them
};

struct DialogueCounters {
  uint64_t sent;
  uint64_t answered;
  uint64_t deadlines;
  uint64_t unverified;     // named the job in flight and did not hash
  uint64_t repeated;       // answers that had been given before
  uint64_t strays;         // nonces that named another job, or came while none was out
  uint64_t underruns;      // turns at which no job was prepared
  int64_t starvedNs;       // time without a job because of that
  uint64_t leaseExpiries;  // turns at which the lease had run out
  uint64_t writeWaits;     // the port was full
  uint64_t works;          // sent, of words
  uint64_t unheardWorks;   // of those, the ones that JavaScript will not hear of
};

class Dialogue : public FrameResponder {
 public:
  struct End {
    enum class Cause { kStalled, kError };
    Cause cause;
    int errorNumber;  // errno when the cause is kError, else 0
  };

  // Nothing is written before renew(). At most `depth` jobs wait beside the one in flight. `wake` is called on the capture's thread when
  // there are events, or from takeEvents() when it kept some back, and not again before takeEvents(). There can be one per capture. nullptr when the capture has one already, or depth
  // is not 1 to kMostPreparedJobs.
  // `firstSeq`: number of the first work of the first word.
  static std::shared_ptr<Dialogue> start(std::shared_ptr<Capture> capture, JobFormat format, size_t depth, std::function<void()> wake,
                                         uint32_t firstSeq = 0);

  ~Dialogue() override = default;

  // No job leaves any more when this returns; the one in flight stays with the chips, and a frame that the port would not take whole stays
  // torn. May be called again.
  void stop();

  // Jobs are written until `ttlNs` from now, and not after, unless renewed. A frame that has begun is finished.
  void renew(int64_t ttlNs);

  // For its turn. False when `depth` jobs and one in flight are held, counting those whose end takeEvents() has not handed over.
  bool prepare(const DialogueJob& job);

  // Hands over what has happened, oldest first; see FrameRing::drain. Until stop(), an event waits until the frames that came before it have been
  // taken from the capture: whoever hears of an answer has its frame. For what waits `wake` is called again: take frames first, then events.
  template <typename Sized, typename Sink>
  std::optional<End> takeEvents(Sized&& sized, Sink&& sink) {
    wakePending_.store(false);
    const bool ended = ended_.load(std::memory_order_acquire);
    const uint64_t taken = stopped_.load() ? kAllFrames : capture_->framesTaken();
    bool kept = false;
    const auto mayBeTold = [&](const DialogueEvent& event) {
      kept = event.framesBefore > taken;
      return !kept;
    };
    events_.drainWhile(mayBeTold, sized, [&](size_t at, const DialogueEvent& event) {
      if (event.kind == DialogueEvent::Kind::kWork) unheard_.fetch_sub(1);
      else if (event.kind != DialogueEvent::Kind::kSent) outstanding_--;
      sink(at, event);
    });
    if (kept) notify();
    return ended && !kept ? std::optional<End>(end_) : std::nullopt;
  }

  DialogueCounters counters() const;
  JobFormat format() const { return format_; }

  void onFrame(const CapturedFrame& frame, int64_t readNs, int portFd) override;
  void onTurn(int portFd) override;
  int64_t dueNs() const override;
  bool wantsRoom() const override { return phase_ == Phase::kWriting; }

 private:
  static constexpr uint64_t kAllFrames = std::numeric_limits<uint64_t>::max();

  enum class Phase { kIdle, kWriting, kWaiting };

  // Who an id on the wire stands for.
  struct Occupant {
    uint64_t turn = 0;  // of which word
    uint32_t seq = 0;
    uint32_t index = 0;
    uint32_t ntime = 0;
    std::array<uint32_t, kMostMidstates> versions{};
  };

  Dialogue(std::shared_ptr<Capture> capture, JobFormat format, size_t depth, std::function<void()> wake, uint32_t firstSeq);
  bool verifies(const CapturedFrame& frame, const Occupant& asked, uint64_t& answered) const;
  bool leased(int64_t nowNs) const { return nowNs < leaseUntilNs_.load(); }
  void prepareWork();
  void next(int portFd);
  void write(int portFd);
  void push(DialogueEvent event);
  void finish(End end);
  void notify();

  const std::shared_ptr<Capture> capture_;
  const JobFormat format_;
  const size_t depth_;
  std::function<void()> wake_;
  std::atomic<int64_t> leaseUntilNs_{0};
  std::atomic<bool> wakePending_{false};
  std::atomic<bool> ended_{false};
  std::atomic<bool> stopped_{false};
  End end_{};
  FrameRing<DialogueJob> prepared_;
  FrameRing<DialogueEvent> events_;
  size_t outstanding_ = 0;  // of whoever prepares and takes events

  std::atomic<uint64_t> sent_{0};
  std::atomic<uint64_t> answered_{0};
  std::atomic<uint64_t> deadlines_{0};
  std::atomic<uint64_t> unverified_{0};
  std::atomic<uint64_t> repeated_{0};
  std::atomic<uint64_t> strays_{0};
  std::atomic<uint64_t> underruns_{0};
  std::atomic<int64_t> starvedNs_{0};
  std::atomic<uint64_t> leaseExpiries_{0};
  std::atomic<uint64_t> writeWaits_{0};
  std::atomic<uint64_t> works_{0};
  std::atomic<uint64_t> unheardWorks_{0};
  std::atomic<size_t> unheard_{0};

  // Used by the capture's thread alone.
  Phase phase_ = Phase::kIdle;
  DialogueJob job_{};
  JobFrame frame_{};  // that leaves now
  std::array<Occupant, 256> occupants_{};
  uint64_t turn_ = 0;    // counts the jobs
  uint32_t nextSeq_;     // of a word's next work
  Occupant current_{};   // what frame_ is
  int64_t nextWorkNs_ = 0;
  size_t written_ = 0;
  int64_t beganNs_ = 0;
  int64_t lastTakenNs_ = 0;
  int64_t dueNs_ = 0;
  int64_t starvedSinceNs_ = 0;  // 0: not starved
  bool first_ = true;
  bool lapsed_ = true;
  std::vector<uint64_t> heard_;  // the answers that counted
};

}  // namespace asicr
