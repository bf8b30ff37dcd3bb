#include "drivers/native/work_pump.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

#include "common/native/check.h"
#include "drivers/native/arrival_times.h"
#include "drivers/native/testing_work.h"

using namespace asicr;

namespace {

using Bytes = std::vector<uint8_t>;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int64_t kMs = 1'000'000;
constexpr uint32_t kBaud = 3'125'000;

// A socket pair in place of a wire: `far` is the chips' end.
struct Wire {
  int near = -1;
  int far = -1;
  Bytes received;
  Wire() {
    int ends[2];
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    near = ends[0];
    far = ends[1];
    fcntl(far, F_SETFL, O_NONBLOCK);
  }
  ~Wire() {
    close(near);
    hangUp();
  }
  void hangUp() {
    if (far >= 0) close(far);
    far = -1;
  }
  void shrinkBuffer() const {
    const int least = 1;
    setsockopt(near, SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
  }
  void readAll() {
    uint8_t buffer[65536];
    for (ssize_t count = 0; (count = read(far, buffer, sizeof buffer)) > 0;) received.insert(received.end(), buffer, buffer + count);
  }
};

PumpOptions optionsFor(size_t midstates, int64_t periodNs, uint64_t firstSeq) {
  return {{midstates}, kBaud, periodNs, firstSeq, 0, someWork()};
}

struct Pumping {
  std::unique_ptr<WorkPump> pump;
  std::atomic<unsigned> wakes{0};

  Pumping(int fd, size_t midstates, int64_t periodNs, uint64_t firstSeq = 0) : Pumping(fd, optionsFor(midstates, periodNs, firstSeq)) {}
  Pumping(int fd, PumpOptions options) {
    int error = 0;
    pump = WorkPump::start(fd, std::move(options), [this] { wakes++; }, error);
    CHECK(pump != nullptr && error == 0);
  }
};

// Written ahead, to a port that holds more than enough.
PumpOptions ahead(size_t midstates, int64_t leadNs) {
  PumpOptions options = optionsFor(midstates, kMs, 0);
  options.leadNs = leadNs;
  options.queueBytes = 1 << 20;
  return options;
}

// The line has nearly all of its lead to send: nothing that happens from here on meets a pump that is still filling it.
bool isLed(const WorkPump& pump, int64_t leadNs) { return pump.lineFreeNs() - monotonicRawNs() > leadNs - 10 * kMs; }

template <typename Condition>
bool eventually(Condition holds) {
  for (const auto until = Clock::now() + std::chrono::seconds(20); Clock::now() < until; std::this_thread::sleep_for(milliseconds(1)))
    if (holds()) return true;
  return false;
}

// The whole frames in a stream of jobs: ids in order, checksums good, nothing between them. Returns how many.
size_t checkFrames(const Bytes& stream, JobFormat format, uint64_t firstSeq = 0) {
  const size_t length = format.frameBytes();
  size_t frames = 0;
  for (size_t at = 0; at + length <= stream.size(); at += length, frames++) {
    const uint8_t* frame = &stream[at];
    CHECK(format.midstates == 0 ? frame[0] == 0x55 : frame[0] == 0x21);
    const size_t preamble = format.midstates == 0 ? 2 : 0;
    CHECK_EQUAL(crc16(frame + preamble, length - preamble), 0u);
    CHECK_EQUAL(unsigned{frame[preamble + 2]}, unsigned{format.wireIdOf(firstSeq + frames)});
  }
  return frames;
}

void jobsArriveWholeAndInOrderAndAreOnRecord() {
  for (const size_t midstates : {0u, 1u, 2u, 4u}) {
    Wire wire;
    Pumping pumping(wire.near, midstates, kMs, 1000);
    WorkPump& pump = *pumping.pump;
    pump.renew(10'000 * kMs);
    CHECK(eventually([&] { return wire.readAll(), pump.counters().jobs >= 150; }));
    pump.stop();
    wire.readAll();
    const size_t frames = checkFrames(wire.received, pump.format(), 1000);
    CHECK_EQUAL(frames, pump.counters().jobs);
    CHECK_EQUAL(pump.ring().next(), 1000 + frames);
    for (size_t i = 0; i < frames; i++) {
      const auto entry = pump.ring().get(1000 + i);
      CHECK(entry.has_value() && entry->settled && entry->job.extranonce2 == i);
      if (entry.has_value() && midstates > 0)
        CHECK(std::equal(&entry->job.merkleRoot[28], entry->job.merkleRoot.end(), &wire.received[i * pump.format().frameBytes() + 16]));
    }
  }
}

void nothingIsWrittenBeforeAndAfterTheLease() {
  Wire wire;
  Pumping pumping(wire.near, 4, kMs);
  WorkPump& pump = *pumping.pump;
  std::this_thread::sleep_for(milliseconds(50));
  wire.readAll();
  CHECK_EQUAL(wire.received.size(), 0u);
  CHECK(!pump.leased());
  CHECK_EQUAL(pump.counters().leaseExpiries, 0u);

  pump.renew(10'000 * kMs);
  CHECK(pump.leased());
  CHECK(eventually([&] { return pump.counters().jobs > 0; }));
  pump.renew(60 * kMs);
  CHECK(eventually([&] { return pump.counters().leaseExpiries == 1; }));
  CHECK(!pump.leased());
  const uint64_t jobs = pump.counters().jobs;
  CHECK(jobs > 0);
  CHECK(eventually([&] { return pumping.wakes > 0; }));
  std::this_thread::sleep_for(milliseconds(50));
  CHECK_EQUAL(pump.counters().jobs, jobs);

  // A pause without a lease is no gap of the pump's, and jobs go on where they stopped.
  pump.seen();
  std::this_thread::sleep_for(milliseconds(300));
  pump.renew(10'000 * kMs);
  CHECK(eventually([&] { return pump.counters().jobs > jobs + 1; }));
  CHECK(pump.counters().worstGapNs < 300 * kMs);
  // Given back before its time: reported, too.
  pump.renew(0);
  CHECK(eventually([&] { return pump.counters().leaseExpiries == 2; }));
  pump.stop();
  wire.readAll();
  CHECK_EQUAL(checkFrames(wire.received, pump.format()), pump.counters().jobs);
}

void longWaitsEndWhenAskedTo() {
  Wire wire;
  Pumping pumping(wire.near, 1, 3'600'000 * kMs);
  WorkPump& pump = *pumping.pump;
  pump.renew(20 * kMs);
  // Within the lease, although the next job is an hour away.
  CHECK(eventually([&] { return pump.counters().leaseExpiries == 1; }));
  CHECK_EQUAL(pump.counters().jobs, 1u);
  pump.renew(60'000 * kMs);
  CHECK(eventually([&] { return pump.counters().jobs == 2; }));
  pump.setPeriod(kMs);
  CHECK(eventually([&] { return pump.counters().jobs > 5; }));
  pump.setPeriod(3'600'000 * kMs);
  pump.stop();
}

void updateHoldsFromTheNextJobOn() {
  Wire wire;
  Pumping pumping(wire.near, 4, kMs);
  WorkPump& pump = *pumping.pump;
  pump.renew(10'000 * kMs);
  CHECK(eventually([&] { return pump.counters().jobs >= 10; }));
  // One that is replaced before it is used.
  CHECK_EQUAL(pump.update(someWork()), 1u);
  auto next = someWork();
  next->ntime = 0x60000000;
  next->prevHash.fill(0xEE);
  CHECK_EQUAL(pump.update(std::move(next)), 2u);
  const uint64_t begun = pump.ring().next();
  CHECK(eventually([&] { return pump.ring().next() > begun + 5; }));
  pump.stop();
  uint32_t generation = 0;
  for (uint64_t seq = 0; seq < pump.ring().next(); seq++) {
    const auto entry = pump.ring().get(seq);
    CHECK(entry.has_value());
    if (!entry.has_value()) continue;
    CHECK(entry->job.generation >= generation);
    generation = entry->job.generation;
    // The one after `begun` might have been begun just before the change.
    if (seq > begun) CHECK_EQUAL(generation, 2u);
    CHECK_EQUAL(entry->job.ntime, generation == 2 ? 0x60000000u : 0x5D17465Bu);
    CHECK_EQUAL(unsigned{entry->job.prevHash[5]}, generation == 2 ? 0xEEu : 5u);
    CHECK_EQUAL(entry->job.extranonce2, seq);
  }
}

// The job is on record before the port has all of it, and the frame goes on where it was cut.
void fullPortIsWaitedForAndNoFrameIsCut() {
  Wire wire;
  wire.shrinkBuffer();
  Pumping pumping(wire.near, 4, kMs / 10);
  WorkPump& pump = *pumping.pump;
  pump.renew(30'000 * kMs);
  CHECK(eventually([&] { return pump.counters().writeWaits > 0; }));
  const uint64_t stuck = pump.ring().next() - 1;
  const auto entry = pump.ring().get(stuck);
  CHECK(entry.has_value() && !entry->settled);
  CHECK(eventually([&] { return wire.readAll(), pump.counters().jobs > stuck + 50; }));
  pump.stop();
  wire.readAll();
  CHECK(checkFrames(wire.received, pump.format()) >= pump.counters().jobs);
  CHECK(pump.counters().lateDeadlines > 0 && pump.counters().skippedDeadlines > 0 && pump.counters().underruns > 0);
  CHECK(pump.counters().worstGapNs > kMs / 10);
}

// What was held up goes at once, and the pace begins anew from there: a second job on its heels would only take its place.
void noJobFollowsALateOneAtOnce() {
  Wire wire;
  wire.shrinkBuffer();
  constexpr int64_t kPeriodNs = kMs;
  Pumping pumping(wire.near, 4, kPeriodNs);
  WorkPump& pump = *pumping.pump;
  pump.renew(30'000 * kMs);
  const auto enough = [&] { return pump.counters().lateDeadlines >= 10 && pump.counters().skippedDeadlines > 0; };
  for (int round = 0; round < 200 && !enough(); round++) {
    const uint64_t waits = pump.counters().writeWaits;
    CHECK(eventually([&] { return pump.counters().writeWaits > waits; }));
    // By more than half a period, and less than one now and then.
    std::this_thread::sleep_for(std::chrono::microseconds(1600));
    wire.readAll();
  }
  CHECK(enough());
  pump.stop();
  int64_t previousNs = 0;
  for (uint64_t seq = 0; seq < pump.ring().next(); seq++) {
    const auto entry = pump.ring().get(seq);
    if (!entry.has_value() || !entry->settled) continue;
    // Half the period, less what the two clocks differ by.
    CHECK(entry->job.sentNs - previousNs > kPeriodNs * 49 / 100);
    previousNs = entry->job.sentNs;
  }
}

// A processor where something more urgent runs is as good as one that the kernel or a hypervisor holds up.
void secondThreadStandsInForAProcessorThatIsHeldUp() {
  Wire wire;
  Pumping pumping(wire.near, 1, kMs);
  WorkPump& pump = *pumping.pump;
  cpu_set_t allowed;
  CHECK_EQUAL(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  if (!pump.realtime() || CPU_COUNT(&allowed) < 2) return;
  pump.renew(30'000 * kMs);
  CHECK(eventually([&] { return wire.readAll(), pump.counters().jobs > 10; }));
  const uint64_t before = pump.counters().standIns;
  unsigned went = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    const uint64_t jobs = pump.counters().jobs;
    std::thread hog([&, cpu] {
      cpu_set_t here;
      CPU_ZERO(&here);
      CPU_SET(cpu, &here);
      CHECK_EQUAL(sched_setaffinity(0, sizeof here, &here), 0);
      sched_param urgent{};
      urgent.sched_priority = 60;
      CHECK_EQUAL(pthread_setschedparam(pthread_self(), SCHED_FIFO, &urgent), 0);
      // Within what the kernel grants real-time threads of each second.
      for (const auto until = Clock::now() + milliseconds(300); Clock::now() < until && pump.counters().jobs < jobs + 20;) {
      }
    });
    hog.join();
    went += pump.counters().jobs >= jobs + 20;
    wire.readAll();
  }
  CHECK_EQUAL(went, static_cast<unsigned>(CPU_COUNT(&allowed)));
  // Whichever processor the first thread is on, one of them was it; a machine with more leaves it a free one.
  if (CPU_COUNT(&allowed) == 2) CHECK(pump.counters().standIns > before);
  pump.stop();
  wire.readAll();
  CHECK_EQUAL(checkFrames(wire.received, pump.format()), pump.counters().jobs);
}

// Whoever has the turn is held up five times, for many times as long as a job lasts the chips; nobody else can take it then. How often they ran
// out of work, and how much the line still had to send at the worst moment.
constexpr int64_t kHoldUpNs = 60 * kMs;

PumpCounters heldUp(int64_t leadNs) {
  Wire wire;
  std::atomic<bool> holdUp{false};
  PumpOptions options = ahead(4, leadNs);
  options.queued = [&]() -> std::optional<size_t> {
    if (holdUp.exchange(false)) std::this_thread::sleep_for(std::chrono::nanoseconds(kHoldUpNs));
    return std::nullopt;
  };
  Pumping pumping(wire.near, std::move(options));
  WorkPump& pump = *pumping.pump;
  pump.renew(30'000 * kMs);
  for (int round = 1; round <= 5; round++) {
    const uint64_t jobs = pump.counters().jobs;
    CHECK(eventually([&] { return wire.readAll(), pump.counters().jobs >= jobs + 20 && (leadNs == 0 || isLed(pump, leadNs)); }));
    holdUp = true;
    CHECK(eventually([&] { return wire.readAll(), !holdUp; }));
  }
  const uint64_t jobs = pump.counters().jobs;
  CHECK(eventually([&] { return wire.readAll(), pump.counters().jobs >= jobs + 20; }));
  pump.stop();
  wire.readAll();
  CHECK_EQUAL(checkFrames(wire.received, pump.format()), pump.counters().jobs);
  return pump.counters();
}

void chipsDoNotSeeAHoldUpShorterThanTheLead() {
  // Longer than this machine may hold the test up for reasons of its own.
  constexpr int64_t kLeadNs = 900 * kMs;
  const PumpCounters led = heldUp(kLeadNs);
  CHECK_EQUAL(led.underruns, 0u);
  CHECK(led.worstShare < 1);
  CHECK(led.leastLeadNs <= kLeadNs - kHoldUpNs + kMs && led.leastLeadNs > 0);
  const PumpCounters unled = heldUp(0);
  CHECK(unled.underruns >= 5);
  CHECK(unled.worstGapNs >= kHoldUpNs);
}

// One upon the other: no job waits for its deadline, and none leaves before the one before it has.
void jobsWrittenAheadFollowEachOtherAtTheRateOfTheLine() {
  Wire wire;
  Pumping pumping(wire.near, ahead(1, 50 * kMs));
  WorkPump& pump = *pumping.pump;
  pump.renew(30'000 * kMs);
  CHECK(eventually([&] { return wire.readAll(), pump.counters().jobs >= 1000 && isLed(pump, 50 * kMs); }));
  pump.stop();
  const int64_t frameNs = 10'000'000'000 / kBaud * 54;
  const uint64_t idle = pump.counters().lateDeadlines;
  uint64_t gaps = 0;
  for (uint64_t seq = 1; seq < pump.ring().next(); seq++) {
    const int64_t gapNs = pump.ring().get(seq)->job.lineEndNs - pump.ring().get(seq - 1)->job.lineEndNs;
    CHECK(gapNs >= frameNs);
    gaps += gapNs > frameNs;
  }
  CHECK(gaps <= idle);
}

void leadIsNoMoreThanThePortHolds() {
  Wire wire;
  PumpOptions options = ahead(4, 1000 * kMs);
  options.queueBytes = kLeastQueueBytes;
  Pumping pumping(wire.near, std::move(options));
  WorkPump& pump = *pumping.pump;
  const int64_t begunNs = monotonicRawNs();
  pump.renew(30'000 * kMs);
  CHECK(eventually([&] { return wire.readAll(), pump.counters().jobs >= 200; }));
  pump.stop();
  wire.readAll();
  // What was written by a time, less what the line had sent by then if it was never idle.
  const int64_t byteNs = 10'000'000'000 / kBaud;
  for (uint64_t seq = 0; seq < pump.ring().next(); seq++) {
    const auto entry = pump.ring().get(seq);
    CHECK(entry.has_value() && entry->job.lineEndNs - entry->job.sentNs <= static_cast<int64_t>(kLeastQueueBytes) * byteNs);
    CHECK(entry->job.lineEndNs >= begunNs + static_cast<int64_t>(seq + 1) * 150 * byteNs);
  }
  // A port that holds less than two jobs is written to at deadlines.
  Wire narrow;
  PumpOptions none = ahead(4, 1000 * kMs);
  none.queueBytes = 300;
  Pumping unled(narrow.near, std::move(none));
  unled.pump->renew(30'000 * kMs);
  CHECK(eventually([&] { return unled.pump->counters().jobs >= 3; }));
  CHECK_EQUAL(unled.pump->counters().leastLeadNs, 0);
}

void nothingIsAddedToWhatIsQueuedWhenALeaseEnds() {
  Wire wire;
  Pumping pumping(wire.near, ahead(4, 50 * kMs));
  WorkPump& pump = *pumping.pump;
  pump.renew(100 * kMs);
  const int64_t endNs = monotonicRawNs() + 100 * kMs;
  CHECK(eventually([&] { return wire.readAll(), pump.counters().leaseExpiries == 1; }));
  const uint64_t jobs = pump.counters().jobs;
  // One that had begun may have been held up by the machine.
  uint64_t after = 0;
  for (uint64_t seq = 0; seq < jobs; seq++) {
    const PumpedJob job = pump.ring().get(seq)->job;
    CHECK(job.lineEndNs <= std::max(endNs, job.sentNs) + 51 * kMs);
    after += job.sentNs > endNs;
  }
  CHECK(after <= 1);
  std::this_thread::sleep_for(milliseconds(300));
  wire.readAll();
  CHECK_EQUAL(pump.counters().jobs, jobs);
  CHECK_EQUAL(checkFrames(wire.received, pump.format()), jobs);
  // The next lease begins anew: the time between is no gap.
  pump.renew(30'000 * kMs);
  CHECK(eventually([&] { return wire.readAll(), pump.counters().jobs > jobs + 200; }));
  CHECK(pump.counters().worstGapNs < 300 * kMs);
  pump.stop();
}

void portThatTakesNothingForASecondIsAnEnd() {
  Wire wire;
  wire.shrinkBuffer();
  Pumping pumping(wire.near, 4, kMs);
  pumping.pump->renew(30'000 * kMs);
  std::optional<PumpEnd> end;
  CHECK(eventually([&] { return (end = pumping.pump->seen()).has_value(); }));
  CHECK(end.has_value() && end->cause == PumpEnd::Cause::kStalled);
}

void stopDoesNotWaitForAFullPort() {
  Wire wire;
  wire.shrinkBuffer();
  Pumping pumping(wire.near, 4, kMs / 10);
  pumping.pump->renew(30'000 * kMs);
  CHECK(eventually([&] { return pumping.pump->counters().writeWaits > 0; }));
  pumping.pump->stop();
  CHECK(!pumping.pump->seen().has_value());
}

void hangUpIsAnEndWithAndWithoutALease() {
  for (const bool leased : {true, false}) {
    Wire wire;
    Pumping pumping(wire.near, 4, kMs);
    if (leased) {
      pumping.pump->renew(30'000 * kMs);
      CHECK(eventually([&] { return pumping.pump->counters().jobs > 3; }));
    }
    pumping.pump->seen();
    const unsigned wakes = pumping.wakes;
    wire.hangUp();
    CHECK(eventually([&] { return pumping.wakes > wakes && pumping.pump->seen().has_value(); }));
    const uint64_t jobs = pumping.pump->counters().jobs;
    std::this_thread::sleep_for(milliseconds(20));
    CHECK_EQUAL(pumping.pump->counters().jobs, jobs);
  }
}

void stopReleasesThePort() {
  Wire wire;
  Pumping pumping(wire.near, 4, kMs);
  close(wire.near);
  wire.near = -1;
  pumping.pump->stop();
  pumping.pump->stop();
  pumping.pump->renew(1000 * kMs);
  uint8_t byte = 0;
  CHECK_EQUAL(recv(wire.far, &byte, 1, MSG_DONTWAIT), 0);
}

void jobNumbersEnd() {
  Wire wire;
  Pumping pumping(wire.near, 1, kMs, 0xFFFF'FFFD);
  pumping.pump->renew(30'000 * kMs);
  std::optional<PumpEnd> end;
  CHECK(eventually([&] { return (end = pumping.pump->seen()).has_value(); }));
  CHECK(end.has_value() && end->cause == PumpEnd::Cause::kExhausted);
  CHECK_EQUAL(pumping.pump->counters().jobs, 2u);
}

void lateNonceFindsTheLastJobsOfItsId() {
  for (const size_t midstates : {0u, 4u}) {
    Wire wire;
    Pumping pumping(wire.near, midstates, kMs / 10);
    WorkPump& pump = *pumping.pump;
    CHECK_EQUAL(pump.occupants(0).size(), 0u);
    pump.renew(30'000 * kMs);
    CHECK(eventually([&] { return wire.readAll(), pump.counters().jobs >= kGenerations * pump.format().cycle() + 1; }));
    pump.stop();
    const uint64_t last = pump.ring().next() - 1;
    const auto found = pump.occupants(pump.format().wireIdOf(last));
    CHECK_EQUAL(found.size(), kGenerations);
    for (size_t i = 0; i < found.size(); i++) CHECK_EQUAL(found[i].job.seq, last - i * pump.format().cycle());
    // No job has this id: the chips add the midstate's index.
    CHECK_EQUAL(pump.occupants(1).size(), 0u);
  }
}

PumpedJob jobOf(uint64_t seq) {
  PumpedJob job{};
  job.seq = seq;
  job.sentNs = static_cast<int64_t>(seq);
  job.extranonce2 = seq;
  job.prevHash.fill(static_cast<uint8_t>(seq));
  job.merkleRoot.fill(static_cast<uint8_t>(seq));
  return job;
}

void fullRingForgetsTheOldest() {
  JobRing ring(8, 5);
  CHECK_EQUAL(ring.oldest(), 5u);
  CHECK(!ring.get(5).has_value());
  for (uint64_t seq = 5; seq < 25; seq++) {
    ring.put(jobOf(seq), false);
    CHECK(ring.get(seq).has_value() && !ring.get(seq)->settled);
    ring.put(jobOf(seq), true);
    CHECK(ring.get(seq)->settled && !ring.get(seq + 1).has_value());
  }
  CHECK_EQUAL(ring.next(), 25u);
  CHECK_EQUAL(ring.oldest(), 17u);
  for (uint64_t seq = 5; seq < 25; seq++) CHECK_EQUAL(ring.get(seq).has_value(), seq >= 17);
}

void readerNeverSeesHalfAJob() {
  JobRing ring(4, 0);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (uint64_t seq = 0; seq < 200'000; seq++) {
      ring.put(jobOf(seq), false);
      ring.put(jobOf(seq), true);
    }
    done = true;
  });
  unsigned long seen = 0, torn = 0;
  while (!done) {
    for (uint64_t end = ring.next(), back = 1; back <= std::min<uint64_t>(4, end); back++) {
      const auto entry = ring.get(end - back);
      if (!entry.has_value()) continue;
      const PumpedJob expected = jobOf(end - back);
      seen++;
      torn += entry->job.sentNs == expected.sentNs && entry->job.prevHash == expected.prevHash && entry->job.merkleRoot == expected.merkleRoot ? 0 : 1;
    }
  }
  writer.join();
  CHECK(seen > 0);
  CHECK_EQUAL(torn, 0u);
}

void whatCannotBeIsRefused() {
  Wire wire;
  const auto refusedWith = [&](int fd, PumpOptions options) {
    int error = 0;
    CHECK(WorkPump::start(fd, std::move(options), [] {}, error) == nullptr);
    return error;
  };
  CHECK_EQUAL(refusedWith(-1, {{1}, 1, 1, 0, 0, someWork()}), EBADF);
  CHECK_EQUAL(refusedWith(wire.near, {{1}, 0, 1, 0, 0, someWork()}), EINVAL);
  CHECK_EQUAL(refusedWith(wire.near, {{1}, 1, 0, 0, 0, someWork()}), EINVAL);
  CHECK_EQUAL(refusedWith(wire.near, {{1}, 1, 1, 0, 0, nullptr}), EINVAL);
  CHECK_EQUAL(refusedWith(wire.near, ahead(1, -1)), EINVAL);
  auto rigid = someWork();
  rigid->versionMask = 0x2000;
  CHECK_EQUAL(refusedWith(wire.near, {{4}, 1, 1, 0, 0, std::move(rigid)}), EINVAL);
}

// Printed, not asserted: a busy machine may do as it likes.
void showPeriod() {
  Wire wire;
  Pumping pumping(wire.near, 1, 725'858);
  pumping.pump->renew(30'000 * kMs);
  const auto begun = Clock::now();
  eventually([&] { return wire.readAll(), pumping.pump->counters().jobs >= 700; });
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  const PumpCounters counters = pumping.pump->counters();
  std::printf("%.0f works/s of 1378, worst gap %.0f us of 807, %lu underruns, %s\n", static_cast<double>(counters.jobs) / seconds,
              static_cast<double>(counters.worstGapNs) / 1000, static_cast<unsigned long>(counters.underruns),
              pumping.pump->realtime() ? "real time" : "no real-time priority");
}

}  // namespace

int main() {
  jobsArriveWholeAndInOrderAndAreOnRecord();
  nothingIsWrittenBeforeAndAfterTheLease();
  longWaitsEndWhenAskedTo();
  updateHoldsFromTheNextJobOn();
  fullPortIsWaitedForAndNoFrameIsCut();
  noJobFollowsALateOneAtOnce();
  secondThreadStandsInForAProcessorThatIsHeldUp();
  chipsDoNotSeeAHoldUpShorterThanTheLead();
  jobsWrittenAheadFollowEachOtherAtTheRateOfTheLine();
  leadIsNoMoreThanThePortHolds();
  nothingIsAddedToWhatIsQueuedWhenALeaseEnds();
  portThatTakesNothingForASecondIsAnEnd();
  stopDoesNotWaitForAFullPort();
  hangUpIsAnEndWithAndWithoutALease();
  stopReleasesThePort();
  jobNumbersEnd();
  lateNonceFindsTheLastJobsOfItsId();
  fullRingForgetsTheOldest();
  readerNeverSeesHalfAJob();
  whatCannotBeIsRefused();
  showPeriod();
  return checks.finish();
}
