// Dating of bytes by the notices of their writes.
#include "write_dates.h"

#include <limits>

#include "common/native/check.h"

namespace {

using asicr::Arrival;
using asicr::WriteDates;
using Bytes = std::vector<uint8_t>;

constexpr int64_t kUnproven = std::numeric_limits<int64_t>::min();
constexpr int64_t kReadNs = 900;

const Bytes kJob = {0x21, 6, 1, 2, 3, 4};
const Bytes kCommand = {0x55, 5, 0, 0, 0x10};
const Bytes kPreambledJob = {0x55, 0xAA, 0x21, 6, 1, 2, 3, 4};

Bytes together(std::initializer_list<Bytes> pieces) {
  Bytes all;
  for (const Bytes& piece : pieces) all.insert(all.end(), piece.begin(), piece.end());
  return all;
}

WriteDates noticedAt(std::initializer_list<int64_t> timesNs) {
  WriteDates dates;
  for (const int64_t tNs : timesNs) dates.noticed(tNs);
  return dates;
}

void expectDates(const std::vector<Arrival>& arrivals, const Bytes& bytes, std::initializer_list<int64_t> timesNs) {
  CHECK_EQUAL(arrivals.size(), timesNs.size());
  Bytes all;
  size_t i = 0;
  for (const int64_t tNs : timesNs) {
    if (i == arrivals.size()) return;
    CHECK_EQUAL(arrivals[i].tNs, tNs);
    all.insert(all.end(), arrivals[i].bytes.begin(), arrivals[i].bytes.end());
    i++;
  }
  CHECK(all == bytes);
}

void framesOfDifferentSizesThatCameInOneGoHaveEachItsOwnDate() {
  const Bytes bytes = together({kJob, kCommand, kJob, kPreambledJob});
  WriteDates dates = noticedAt({100, 200, 300, 400});
  expectDates(dates.date(bytes, 500, kReadNs, 9600), bytes, {100, 200, 300, 400});
  CHECK_EQUAL(dates.known(1000), 1000);
}

void commandsWrittenTogetherHaveOneNotice() {
  const Bytes bytes = together({kJob, kCommand, kCommand, kJob});
  expectDates(noticedAt({100, 200, 300}).date(bytes, 500, kReadNs, 9600), bytes, {100, 200, 300});
}

void noticeOfBytesThatCameAheadOfItDatesNothing() {
  WriteDates dates = noticedAt({100, 200});
  expectDates(dates.date(kJob, 500, kReadNs, 9600), kJob, {200});
  CHECK_EQUAL(dates.known(1000), 1000);
}

void noticeOfAWriteThatIsStillInTheKernelWaits() {
  WriteDates dates = noticedAt({100, 600});
  expectDates(dates.date(kJob, 500, kReadNs, 9600), kJob, {100});
  CHECK_EQUAL(dates.known(1000), 600);
  expectDates(dates.date(kCommand, 700, kReadNs, 9600), kCommand, {600});
}

void bytesThatOutrunTheProofTakeTheNextNotices() {
  const Bytes bytes = together({kJob, kJob});
  WriteDates dates = noticedAt({100, 600});
  expectDates(dates.date(bytes, 500, kReadNs, 9600), bytes, {100, 600});
  dates = noticedAt({100, 200, 300});
  expectDates(dates.date(bytes, kUnproven, kReadNs, 9600), bytes, {100, 200});
  CHECK_EQUAL(dates.known(1000), 300);
}

void framesBeyondTheNoticesWereWrittenWithTheOneBeforeThem() {
  const Bytes bytes = together({kJob, kJob, kJob});
  WriteDates dates = noticedAt({100, 200, 600});
  CHECK(dates.sufficeFor(bytes));
  expectDates(noticedAt({100}).date(bytes, 500, kReadNs, 9600), bytes, {100, 100, 100});
  expectDates(noticedAt({100, 200}).date(bytes, 500, kReadNs, 9600), bytes, {100, 200, 200});
  CHECK(!noticedAt({100, 200}).sufficeFor(bytes));
  CHECK(noticedAt({100, 200}).sufficeFor(together({kCommand, kCommand, kJob})));
}

// One notice for a row of writes, and the kernel hands their bytes over in two readings.
void restOfARowThatIsReadLaterHasTheDateOfTheRow() {
  WriteDates dates = noticedAt({100});
  const Bytes two = together({kJob, kJob});
  expectDates(dates.date(two, 500, kReadNs, 9600), two, {100, 100});
  expectDates(dates.date(two, 600, kReadNs, 9600), two, {100, 100});
  dates.noticed(700);
  expectDates(dates.date(kJob, 800, kReadNs, 9600), kJob, {700});
  expectDates(dates.date(kJob, 900, kReadNs, 9600), kJob, {kReadNs});
}

void bytesWithoutANoticeAreNeverDatedTooEarly() {
  const Bytes bytes = together({kJob, kJob});
  expectDates(WriteDates().date(bytes, 500, kReadNs, 9600), bytes, {kReadNs, kReadNs});
  expectDates(WriteDates().date(kJob, 500, kReadNs, 9600), kJob, {kReadNs});
}

void whatIsNoFrameIsOnePiece() {
  for (const Bytes& odd : {Bytes{1}, Bytes{7, 0, 1, 2, 3, 4, 5}, Bytes{0x21, 4, 1, 2, 3, 4}, Bytes{0x21, 250, 1, 2, 3, 4}, Bytes{0x55, 0xAA, 0x21, 250, 1}})
    expectDates(noticedAt({100, 200}).date(together({kJob, odd}), 500, kReadNs, 9600), together({kJob, odd}), {100, 200});
}

void timeStandsStillForAnOpenWriteAndOnlyForSoLong() {
  WriteDates dates = noticedAt({100, 200});
  CHECK_EQUAL(dates.known(150), 100);
  CHECK_EQUAL(dates.known(100 + asicr::kLongestHandOverNs), 100);
  CHECK_EQUAL(dates.known(101 + asicr::kLongestHandOverNs), 200);
  CHECK_EQUAL(dates.known(201 + asicr::kLongestHandOverNs), 201 + asicr::kLongestHandOverNs);
  dates.handedOver(200);
  CHECK_EQUAL(dates.known(1000), 200);
  dates.handedOver(201);
  CHECK_EQUAL(dates.known(1000), 1000);
}

void noticesAreBounded() {
  WriteDates dates;
  for (int64_t tNs = 0; tNs < 100'000; tNs++) dates.noticed(tNs);
  size_t dated = 0;
  while (dates.date(kJob, kUnproven, -1, 9600)[0].tNs >= 0) dated++;
  CHECK_EQUAL(dated, 4096u);
}

}  // namespace

int main() {
  framesOfDifferentSizesThatCameInOneGoHaveEachItsOwnDate();
  commandsWrittenTogetherHaveOneNotice();
  noticeOfBytesThatCameAheadOfItDatesNothing();
  noticeOfAWriteThatIsStillInTheKernelWaits();
  bytesThatOutrunTheProofTakeTheNextNotices();
  framesBeyondTheNoticesWereWrittenWithTheOneBeforeThem();
  restOfARowThatIsReadLaterHasTheDateOfTheRow();
  bytesWithoutANoticeAreNeverDatedTooEarly();
  whatIsNoFrameIsOnePiece();
  timeStandsStillForAnOpenWriteAndOnlyForSoLong();
  noticesAreBounded();
  return asicr::checks.finish();
}
