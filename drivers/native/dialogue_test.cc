#include "drivers/native/dialogue.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "common/native/check.h"
#include "common/native/sha256d.h"

using namespace asicr;

namespace {

using Bytes = std::vector<uint8_t>;
using Kind = DialogueEvent::Kind;
using std::chrono::milliseconds;

constexpr int64_t kMs = 1'000'000;
constexpr int64_t kLong = 60'000 * kMs;

// A socket pair in place of a wire, and a capture on its near end.
struct Wire {
  int near = -1;
  int far = -1;
  std::shared_ptr<Capture> capture;

  explicit Wire(ResponseLength length = ResponseLength::kEleven) {
    int ends[2];
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    near = ends[0];
    far = ends[1];
    int error = 0;
    capture = Capture::start(near, 1'000'000, length, [] {}, error);
    CHECK(capture != nullptr);
  }
  ~Wire() {
    capture->stop();
    close(near);
    close(far);
  }
  void send(const Bytes& bytes) const { CHECK_EQUAL(write(far, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size())); }

  // What arrives within `patienceMs`, `count` bytes at most.
  Bytes receive(size_t count, int patienceMs = 5'000) const {
    Bytes got;
    pollfd port{far, POLLIN, 0};
    while (got.size() < count && poll(&port, 1, patienceMs) == 1) {
      uint8_t buffer[512];
      const ssize_t read_ = read(far, buffer, std::min(sizeof buffer, count - got.size()));
      if (read_ <= 0) break;
      got.insert(got.end(), buffer, buffer + read_);
    }
    return got;
  }
  bool silent() const { return receive(1, 60).empty(); }
};

DialogueJob job(uint32_t seq, size_t frameBytes = 88) {
  DialogueJob made{};
  made.seq = seq;
  made.wireId = static_cast<uint8_t>(seq * 8 % 128);
  made.answers = 1;
  made.deadlineNs = kLong;
  made.header.fill(static_cast<uint8_t>(seq));
  made.frame.length = frameBytes;
  for (size_t i = 0; i < frameBytes; i++) made.frame.bytes[i] = static_cast<uint8_t>(seq + i);
  return made;
}

Bytes frameOf(const DialogueJob& made) { return {made.frame.bytes.begin(), made.frame.bytes.begin() + static_cast<long>(made.frame.length)}; }

// An 11-byte nonce response. specs/bm1366.md 1.7
Bytes nonceFor(uint8_t wireId, uint32_t nonce, uint16_t version = 0, uint8_t flag = 0x80) {
  Bytes made = {0xAA, 0x55, 0, 0, 0, 0, 0, static_cast<uint8_t>(wireId | 3), static_cast<uint8_t>(version >> 8), static_cast<uint8_t>(version), 0};
  for (unsigned i = 0; i < 4; i++) made[2 + i] = static_cast<uint8_t>(nonce >> (8 * i));
  for (uint8_t crc = 0; crc < 32; crc++) {
    made[10] = flag | crc;
    if (crc5(made.data() + 2, 9) == 0) break;
  }
  return made;
}

// Of 7 bytes, without a preamble. specs/bm1387.md 1.5
Bytes bareNonceFor(uint8_t id, uint32_t nonce) {
  Bytes made = {0, 0, 0, 0, 0, id, 0};
  for (unsigned i = 0; i < 4; i++) made[i] = static_cast<uint8_t>(nonce >> (8 * i));
  for (uint8_t crc = 0; crc < 32; crc++) {
    made[6] = 0x80 | crc;
    if (crc5(made.data(), 7) == 0) break;
  }
  return made;
}

struct Talk {
  Wire wire;
  std::shared_ptr<Dialogue> dialogue;
  std::vector<DialogueEvent> events;
  std::atomic<unsigned> wakes{0};
  std::optional<Dialogue::End> end;

  explicit Talk(size_t midstates = 0, size_t depth = 4) : wire(midstates == 0 ? ResponseLength::kEleven : ResponseLength::kSeven) {
    dialogue = Dialogue::start(wire.capture, {midstates}, depth, [this] { wakes++; });
    CHECK(dialogue != nullptr);
  }
  ~Talk() { dialogue->stop(); }

  void take() {
    wire.capture->take([](size_t) {}, [](size_t, const CapturedFrame&) {});
    takeEventsAlone();
  }
  void takeEventsAlone() {
    end = dialogue->takeEvents([](size_t) {}, [&](size_t, const DialogueEvent& event) { events.push_back(event); });
  }
  // Waits until there are so many events.
  bool await(size_t count) {
    for (unsigned i = 0; i < 2'000; i++) {
      take();
      if (events.size() >= count) return true;
      std::this_thread::sleep_for(milliseconds(1));
    }
    return false;
  }
};

void testNextJobLeavesUponTheAnswer() {
  Talk talk;
  for (uint32_t seq = 1; seq <= 3; seq++) CHECK(talk.dialogue->prepare(job(seq)));
  CHECK(talk.wire.silent());  // no lease yet
  talk.dialogue->renew(kLong);
  CHECK(talk.wire.receive(88) == frameOf(job(1)));
  CHECK(talk.wire.silent());
  talk.wire.send(nonceFor(8, 77));
  CHECK(talk.wire.receive(88) == frameOf(job(2)));
  CHECK(talk.wire.silent());
  talk.wire.send(nonceFor(16, 78));
  CHECK(talk.wire.receive(88) == frameOf(job(3)));
  CHECK(talk.await(5));
  const Kind kinds[] = {Kind::kSent, Kind::kAnswered, Kind::kSent, Kind::kAnswered, Kind::kSent};
  const uint32_t seqs[] = {1, 1, 2, 2, 3};
  for (size_t i = 0; i < 5; i++) {
    CHECK(talk.events[i].kind == kinds[i]);
    CHECK_EQUAL(talk.events[i].seq, seqs[i]);
    if (i > 0) CHECK(talk.events[i].tNs >= talk.events[i - 1].tNs);
  }
  CHECK_EQUAL(talk.events[1].frame[0], 11);
  CHECK(std::equal(talk.events[1].frame.begin() + 1, talk.events[1].frame.end(), nonceFor(8, 77).begin()));
  CHECK(talk.events[1].turnNs >= talk.events[1].tNs);
  CHECK(talk.events[2].turnNs >= talk.events[1].turnNs);
  CHECK(talk.events[2].tNs >= talk.events[2].turnNs);
  const DialogueCounters counted = talk.dialogue->counters();
  CHECK_EQUAL(counted.sent, 3u);
  CHECK_EQUAL(counted.answered, 2u);
  CHECK_EQUAL(counted.underruns, 0u);
}

void testOnlyAnAnswerToTheJobInFlightCounts() {
  Talk talk;
  talk.dialogue->prepare(job(1));
  talk.dialogue->prepare(job(2));
  talk.dialogue->renew(kLong);
  talk.wire.receive(88);
  talk.wire.send(nonceFor(16, 1));           // the next one's id
  talk.wire.send(nonceFor(8, 1, 0, 0x00));   // a register
  CHECK(talk.wire.silent());
  CHECK_EQUAL(talk.dialogue->counters().strays, 1u);
  talk.wire.send(nonceFor(8, 1));
  CHECK(talk.wire.receive(88) == frameOf(job(2)));
}

// specs/bm1366.md 1.10: one damaged frame in 32 passes the checksum.
void testAnswerMustHash() {
  Talk talk;
  DialogueJob hard = job(1);
  hard.zeroBits = 8;
  hard.versions[0] = 0x20000000;
  const uint16_t field = 0x0A5F;
  std::array<uint8_t, 80> header = hard.header;
  const uint32_t version = 0x20000000 | uint32_t{field} << 13;
  for (unsigned i = 0; i < 4; i++) header[i] = static_cast<uint8_t>(version >> (8 * i));
  uint32_t good = 0, bad = 0;
  for (uint32_t nonce = 1; good == 0 || bad == 0; nonce++) {
    for (unsigned i = 0; i < 4; i++) header[76 + i] = static_cast<uint8_t>(nonce >> (8 * i));
    uint8_t digest[32];
    sha256dHeaders(header.data(), 1, digest);
    (leadingZeroBits(digest) >= 8 ? good : bad) = nonce;
  }
  talk.dialogue->prepare(hard);
  talk.dialogue->prepare(job(2));
  talk.dialogue->renew(kLong);
  talk.wire.receive(88);
  talk.wire.send(nonceFor(8, bad, field));
  talk.wire.send(nonceFor(8, good, field ^ 1));  // the right nonce of another version
  CHECK(talk.wire.silent());
  CHECK_EQUAL(talk.dialogue->counters().unverified, 2u);
  talk.wire.send(nonceFor(8, good, field));
  CHECK(talk.wire.receive(88) == frameOf(job(2)));
}

// specs/bm1387.md 1.6: id at byte 2.
DialogueJob word(uint32_t number, int64_t periodNs = kMs) {
  DialogueJob made = job(number);
  made.frame.length = 0;
  made.periodNs = periodNs;
  made.versionMask = 0x1FFFE000;
  made.header.fill(0);
  made.header[40] = static_cast<uint8_t>(number);
  return made;
}

// The works of a row: each under the next id, with versions that no other has.
void testWordIsARowOfWorksUntilItIsAnswered() {
  Talk talk(4);
  CHECK(talk.dialogue->prepare(word(7)));
  CHECK(talk.dialogue->prepare(word(8)));
  talk.dialogue->renew(kLong);
  const JobFormat format{4};
  const size_t length = format.frameBytes();
  const Bytes row = talk.wire.receive(5 * length);
  CHECK_EQUAL(row.size(), 5 * length);
  for (uint32_t i = 0; i < 5; i++) {
    const WordWork expected = workOfWord({word(7).header, 0x1FFFE000}, format, static_cast<uint8_t>(4 * i), i);
    CHECK(std::equal(expected.frame.bytes.begin(), expected.frame.bytes.begin() + static_cast<long>(length), row.begin() + static_cast<long>(i * length)));
  }
  // To the third of them, its second midstate: all are asked the same. It ends the row.
  talk.wire.send(bareNonceFor(9, 1));
  Bytes rest = talk.wire.receive(60 * length, 300);
  const auto other = [&](size_t at) { return rest[at + 2]; };
  size_t ofTheFirst = 0;
  uint8_t id = 20;
  for (size_t at = 0; at + length <= rest.size(); at += length, id = static_cast<uint8_t>((id + 4) % 128)) {
    CHECK_EQUAL(unsigned{other(at)}, unsigned{id});
    const uint32_t index = (unsigned{id} / 4) - 5;
    const WordWork still = workOfWord({word(7).header, 0x1FFFE000}, format, id, index + 5);
    if (index < 20 && std::equal(rest.begin() + static_cast<long>(at), rest.begin() + static_cast<long>(at + length), still.frame.bytes.begin())) ofTheFirst++;
  }
  CHECK(rest.size() >= 10 * length);
  talk.dialogue->stop();
  talk.take();
  const auto answered = std::find_if(talk.events.begin(), talk.events.end(), [](const DialogueEvent& event) { return event.kind == Kind::kAnswered; });
  CHECK(answered != talk.events.end());
  if (answered == talk.events.end()) return;
  CHECK_EQUAL(answered->word, 7u);
  CHECK_EQUAL(answered->seq, 2u);
  CHECK_EQUAL(answered->index, 2u);
  // Numbers go on, indices begin anew, and nothing of the first word leaves any more.
  uint32_t seq = 0, index = 0, number = 7;
  for (const DialogueEvent& event : talk.events) {
    if (event.kind == Kind::kAnswered) continue;
    if (event.kind == Kind::kSent && event.word == 8) {
      number = 8;
      index = 0;
      CHECK_EQUAL(seq, 5 + ofTheFirst);
    }
    CHECK_EQUAL(event.word, number);
    CHECK_EQUAL(event.seq, seq++);
    CHECK_EQUAL(event.index, index++);
  }
  CHECK_EQUAL(number, 8u);
  CHECK_EQUAL(talk.dialogue->counters().works, seq);
  CHECK_EQUAL(talk.dialogue->counters().sent, 2u);
  CHECK_EQUAL(talk.dialogue->counters().unheardWorks, 0u);
}

// An id that a work of the word before had, and none of this one has yet.
void testAnswersToTheWordBeforeDoNotCount() {
  Talk talk(4);
  talk.dialogue->prepare(word(1, kLong / 4));
  talk.dialogue->prepare(word(2, kLong / 4));
  talk.dialogue->renew(kLong);
  CHECK_EQUAL(talk.wire.receive(150).size(), 150u);
  talk.wire.send(bareNonceFor(1, 1));
  const Bytes second = talk.wire.receive(150);
  CHECK(second.size() == 150 && second[2] == 4);
  talk.wire.send(bareNonceFor(2, 2));   // late, to the first
  talk.wire.send(bareNonceFor(12, 3));  // to none
  CHECK(talk.wire.silent());
  CHECK_EQUAL(talk.dialogue->counters().strays, 2u);
  CHECK_EQUAL(talk.dialogue->counters().answered, 1u);
}

void testAnswerToAWorkMustHashWithItsOwnVersions() {
  Talk talk(4);
  DialogueJob hard = word(1, kLong / 4);
  hard.zeroBits = 8;
  const WordWork first = workOfWord({hard.header, hard.versionMask}, {4}, 0, 0);
  uint32_t nonce = 0;
  for (bool hashes = false; !hashes;) {
    std::array<uint8_t, 80> header = hard.header;
    nonce++;
    for (unsigned i = 0; i < 4; i++) {
      header[i] = static_cast<uint8_t>(first.versions[3] >> (8 * i));
      header[76 + i] = static_cast<uint8_t>(nonce >> (8 * i));
    }
    uint8_t digest[32];
    sha256dHeaders(header.data(), 1, digest);
    hashes = leadingZeroBits(digest) >= 8;
  }
  talk.dialogue->prepare(hard);
  talk.dialogue->renew(kLong);
  CHECK_EQUAL(talk.wire.receive(150).size(), 150u);
  talk.wire.send(bareNonceFor(3, nonce + 1));
  talk.wire.send(bareNonceFor(2, nonce));  // the right nonce of another midstate
  CHECK(talk.wire.silent());
  CHECK_EQUAL(talk.dialogue->counters().unverified, 2u);
  talk.wire.send(bareNonceFor(3, nonce));
  CHECK(talk.await(2));
  CHECK(talk.events.size() == 2 && talk.events[1].kind == Kind::kAnswered);
}

void testWorksStopWithTheLeaseAndAtTheDeadline() {
  Talk talk(1);
  talk.dialogue->prepare(word(1));
  talk.dialogue->renew(50 * kMs);
  const size_t whileLeased = talk.wire.receive(100'000, 200).size();
  CHECK(whileLeased > 0 && whileLeased <= 60 * 54 && whileLeased % 54 == 0);
  CHECK(talk.wire.silent());
  talk.dialogue->renew(kLong);
  CHECK_EQUAL(talk.wire.receive(54).size(), 54u);

  Talk brief(1);
  DialogueJob short_ = word(1);
  short_.deadlineNs = 30 * kMs;
  brief.dialogue->prepare(short_);
  brief.dialogue->renew(kLong);
  const size_t untilDeadline = brief.wire.receive(100'000, 200).size();
  CHECK(untilDeadline > 0 && untilDeadline <= 40 * 54);
  CHECK(brief.wire.silent());
  CHECK_EQUAL(brief.dialogue->counters().deadlines, 1u);
}

void testWorksOfAWordHaveNoHeaderInCommon() {
  const JobFormat format{4};
  Word few{word(1).header, 0x0000E000};
  CHECK_EQUAL(workOfWord(few, format, 0, 1).ntime, workOfWord(few, format, 0, 0).ntime);
  CHECK_EQUAL(workOfWord(few, format, 0, 2).ntime, workOfWord(few, format, 0, 0).ntime + 1);
  std::vector<uint64_t> seen;
  for (uint32_t index = 0; index < 64; index++) {
    const WordWork work = workOfWord(few, format, 0, index);
    for (const uint32_t version : work.versions) seen.push_back(uint64_t{work.ntime} << 32 | version);
  }
  std::sort(seen.begin(), seen.end());
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
  CHECK_EQUAL(workOfWord({word(1).header, 0xFFFFFFFF}, format, 0, 3).ntime, workOfWord(few, format, 0, 0).ntime);
}

void testSeveralAnswersMustDiffer() {
  Talk talk;
  DialogueJob thrice = job(1);
  thrice.answers = 3;
  talk.dialogue->prepare(thrice);
  talk.dialogue->prepare(job(2));
  talk.dialogue->renew(kLong);
  talk.wire.receive(88);
  for (const uint32_t nonce : {5u, 5u, 6u, 5u, 6u}) talk.wire.send(nonceFor(8, nonce));
  CHECK(talk.wire.silent());
  CHECK_EQUAL(talk.dialogue->counters().repeated, 3u);
  talk.wire.send(nonceFor(8, 7));
  CHECK(talk.wire.receive(88) == frameOf(job(2)));
  CHECK(talk.await(3));
  CHECK_EQUAL(talk.events[1].answers, 3);
}

void testSilenceEndsAtTheDeadline() {
  Talk talk;
  DialogueJob brief = job(1);
  brief.deadlineNs = 30 * kMs;
  talk.dialogue->prepare(brief);
  talk.dialogue->prepare(job(2));
  talk.dialogue->renew(kLong);
  talk.wire.receive(88);
  CHECK(talk.wire.receive(88) == frameOf(job(2)));
  CHECK(talk.await(3));
  CHECK(talk.events[1].kind == Kind::kDeadline);
  CHECK_EQUAL(talk.events[1].seq, 1u);
  CHECK(talk.events[1].tNs - talk.events[0].tNs >= 30 * kMs);
  // Too late: it names a job that is not out any more.
  talk.wire.send(nonceFor(8, 1));
  CHECK(talk.wire.silent());
  CHECK_EQUAL(talk.dialogue->counters().strays, 1u);
  CHECK_EQUAL(talk.dialogue->counters().deadlines, 1u);
}

void testNothingLeavesWithoutALease() {
  Talk talk;
  for (uint32_t seq = 1; seq <= 3; seq++) talk.dialogue->prepare(job(seq));
  talk.dialogue->renew(50 * kMs);
  talk.wire.receive(88);
  std::this_thread::sleep_for(milliseconds(80));
  talk.wire.send(nonceFor(8, 1));
  CHECK(talk.wire.silent());
  CHECK(talk.await(2));  // the answer is heard all the same
  CHECK_EQUAL(talk.dialogue->counters().leaseExpiries, 1u);
  talk.dialogue->renew(kLong);
  CHECK(talk.wire.receive(88) == frameOf(job(2)));
  CHECK_EQUAL(talk.dialogue->counters().underruns, 0u);
}

void testAnEmptyQueueIsCountedAndEndsWithTheNextJob() {
  Talk talk;
  talk.dialogue->renew(kLong);
  CHECK(talk.wire.silent());
  CHECK_EQUAL(talk.dialogue->counters().underruns, 0u);
  talk.dialogue->prepare(job(1));
  CHECK(talk.wire.receive(88) == frameOf(job(1)));
  talk.wire.send(nonceFor(8, 1));
  CHECK(talk.await(2));
  CHECK(talk.wire.silent());
  CHECK_EQUAL(talk.dialogue->counters().underruns, 1u);
  talk.dialogue->prepare(job(2));
  CHECK(talk.wire.receive(88) == frameOf(job(2)));
  CHECK(talk.await(3));
  CHECK_EQUAL(talk.dialogue->counters().underruns, 1u);
  CHECK(talk.dialogue->counters().starvedNs >= 50 * kMs);
}

void testTheQueueIsBounded() {
  Talk talk(0, 2);
  for (uint32_t seq = 1; seq <= 3; seq++) CHECK(talk.dialogue->prepare(job(seq)));
  CHECK(!talk.dialogue->prepare(job(4)));
  talk.dialogue->renew(kLong);
  talk.wire.receive(88);
  talk.wire.send(nonceFor(8, 1));
  talk.wire.receive(88);
  // Until somebody takes the events there is no room for those of another job.
  CHECK(!talk.dialogue->prepare(job(4)));
  CHECK(talk.await(2));
  CHECK(talk.dialogue->prepare(job(4)));
  CHECK(!talk.dialogue->prepare(job(5)));
}

void testAFullPortTakesTheFrameLater() {
  Talk talk;
  fcntl(talk.wire.near, F_SETFL, O_NONBLOCK);
  const Bytes filler(4096, 0xEE);
  size_t filled = 0;
  for (ssize_t count = 0; (count = write(talk.wire.near, filler.data(), filler.size())) > 0;) filled += static_cast<size_t>(count);
  talk.dialogue->prepare(job(1));
  talk.dialogue->renew(kLong);
  std::this_thread::sleep_for(milliseconds(50));
  CHECK_EQUAL(talk.dialogue->counters().sent, 0u);
  CHECK(talk.dialogue->counters().writeWaits >= 1);
  talk.wire.receive(filled);
  CHECK(talk.wire.receive(88) == frameOf(job(1)));
  CHECK(talk.await(1));
}

void testAPortThatTakesNothingEndsIt() {
  Talk talk;
  fcntl(talk.wire.near, F_SETFL, O_NONBLOCK);
  const Bytes filler(4096, 0xEE);
  while (write(talk.wire.near, filler.data(), filler.size()) > 0) {
  }
  talk.dialogue->prepare(job(1));
  talk.dialogue->renew(kLong);
  for (unsigned i = 0; i < 3'000 && !talk.end.has_value(); i++) {
    std::this_thread::sleep_for(milliseconds(1));
    talk.take();
  }
  CHECK(talk.end.has_value() && talk.end->cause == Dialogue::End::Cause::kStalled);
  CHECK(talk.wakes >= 1);
}

void testNothingLeavesAfterStop() {
  Talk talk;
  talk.dialogue->prepare(job(1));
  talk.dialogue->prepare(job(2));
  talk.dialogue->renew(kLong);
  talk.wire.receive(88);
  talk.dialogue->stop();
  talk.wire.send(nonceFor(8, 1));
  CHECK(talk.wire.silent());
  talk.dialogue->stop();
  // The capture goes on, and takes another dialogue.
  const auto again = Dialogue::start(talk.wire.capture, {0}, 1, [] {});
  CHECK(again != nullptr);
  CHECK(Dialogue::start(talk.wire.capture, {0}, 1, [] {}) == nullptr);
  again->prepare(job(3));
  again->renew(kLong);
  CHECK(talk.wire.receive(88) == frameOf(job(3)));
  talk.wire.capture->stop();
  again->renew(kLong);
  CHECK(again->prepare(job(4)));
  CHECK(talk.wire.silent());
}

void testAnAnswerIsToldOnlyToWhoHasItsFrame() {
  Talk talk;
  CHECK(talk.dialogue->prepare(job(1)));
  CHECK(talk.dialogue->prepare(job(2)));
  talk.dialogue->renew(kLong);
  CHECK(talk.wire.receive(88) == frameOf(job(1)));
  talk.wire.send(nonceFor(8, 1));
  CHECK(talk.wire.receive(88) == frameOf(job(2)));
  while (talk.dialogue->counters().sent < 2) std::this_thread::sleep_for(milliseconds(1));
  const unsigned wakes = talk.wakes;
  talk.takeEventsAlone();
  CHECK_EQUAL(talk.events.size(), size_t{1});
  CHECK(talk.events[0].kind == Kind::kSent);
  CHECK(talk.wakes > wakes);  // there is more to take
  talk.take();
  CHECK_EQUAL(talk.events.size(), size_t{3});
  CHECK(talk.events[1].kind == Kind::kAnswered && talk.events[2].kind == Kind::kSent);
}

void testWhatWaitsForItsFrameIsToldAfterStop() {
  Talk talk;
  CHECK(talk.dialogue->prepare(job(1)));
  talk.dialogue->renew(kLong);
  CHECK(talk.wire.receive(88) == frameOf(job(1)));
  talk.wire.send(nonceFor(8, 1));
  while (talk.dialogue->counters().answered < 1) std::this_thread::sleep_for(milliseconds(1));
  talk.dialogue->stop();
  talk.takeEventsAlone();
  CHECK_EQUAL(talk.events.size(), size_t{2});
}

void testAMidstateIndexBelongsToTheJob() {
  Talk talk(4);
  DialogueJob first = job(1, 150);
  first.wireId = 4;
  talk.dialogue->prepare(first);
  talk.dialogue->prepare(job(2, 150));
  talk.dialogue->renew(kLong);
  CHECK(talk.wire.receive(150) == frameOf(first));
  talk.wire.send(bareNonceFor(8, 1));
  CHECK(talk.wire.silent());
  talk.wire.send(bareNonceFor(7, 1));
  CHECK(talk.wire.receive(150) == frameOf(job(2, 150)));
}

void testSizesAreChecked() {
  Wire wire;
  CHECK(Dialogue::start(wire.capture, {0}, 0, [] {}) == nullptr);
  CHECK(Dialogue::start(wire.capture, {0}, kMostPreparedJobs + 1, [] {}) == nullptr);
}

}  // namespace

int main() {
  testNextJobLeavesUponTheAnswer();
  testOnlyAnAnswerToTheJobInFlightCounts();
  testAnswerMustHash();
  testWordIsARowOfWorksUntilItIsAnswered();
  testAnswersToTheWordBeforeDoNotCount();
  testAnswerToAWorkMustHashWithItsOwnVersions();
  testWorksStopWithTheLeaseAndAtTheDeadline();
  testWorksOfAWordHaveNoHeaderInCommon();
  testSeveralAnswersMustDiffer();
  testSilenceEndsAtTheDeadline();
  testNothingLeavesWithoutALease();
  testAnEmptyQueueIsCountedAndEndsWithTheNextJob();
  testTheQueueIsBounded();
  testAFullPortTakesTheFrameLater();
  testAPortThatTakesNothingEndsIt();
  testNothingLeavesAfterStop();
  testAnAnswerIsToldOnlyToWhoHasItsFrame();
  testWhatWaitsForItsFrameIsToldAfterStop();
  testAMidstateIndexBelongsToTheJob();
  testSizesAreChecked();
  return checks.finish();
}
