// Dating of bytes that were read in one go.
#include "pty_port.h"

#include <cstdio>

namespace {

int failures = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::printf("FAIL %s\n", what);
  failures++;
}

using asicr::dateByWrites;
using Bytes = std::vector<uint8_t>;

const asicr::Write kRead{900, 115200};

void testFramesOfOneSize() {
  const auto dated = dateByWrites(Bytes{0x21, 4, 1, 2, 0x21, 4, 3, 4}, {{100, 115200}, {200, 1500000}}, kRead);
  expect(dated.size() == 2, "two frames of one size read in one go: one arrival each");
  if (dated.size() != 2) return;
  expect(dated[0].tNs == 100 && dated[0].baud == 115200 && dated[0].bytes == Bytes({0x21, 4, 1, 2}), "the first at the first notice");
  expect(dated[1].tNs == 200 && dated[1].baud == 1500000 && dated[1].bytes == Bytes({0x21, 4, 3, 4}), "the second at the second");
}

void testNoticeLeftOver() {
  const Bytes frame{0x21, 4, 1, 2};
  const auto dated = dateByWrites(frame, {{100, 115200}, {200, 1500000}}, kRead);
  expect(dated.size() == 1 && dated[0].tNs == 200 && dated[0].baud == 1500000 && dated[0].bytes == frame,
         "a notice left from an earlier write does not tear a frame, and the frame has its own time");
}

void testSizesThatDiffer() {
  const Bytes bytes{0x55, 5, 0, 0x21, 4, 1, 2};
  const auto dated = dateByWrites(bytes, {{100, 115200}, {200, 115200}}, kRead);
  expect(dated.size() == 1 && dated[0].tNs == 200 && dated[0].bytes == bytes, "writes of unknown sizes stay together, at the last notice");
}

void testNoNotice() {
  const auto dated = dateByWrites(Bytes{1, 2}, {}, kRead);
  expect(dated.size() == 1 && dated[0].tNs == 900 && dated[0].baud == 115200, "without a notice the time of the read counts");
}

void testMoreNoticesThanBytes() {
  const auto dated = dateByWrites(Bytes{1}, {{100, 1}, {200, 2}}, kRead);
  expect(dated.size() == 1 && dated[0].tNs == 200 && dated[0].bytes == Bytes{1}, "more notices than bytes lose nothing");
}

}  // namespace

int main() {
  testFramesOfOneSize();
  testNoticeLeftOver();
  testSizesThatDiffer();
  testNoNotice();
  testMoreNoticesThanBytes();
  if (failures == 0) std::printf("dating of bytes by their writes: 5 cases\n");
  return failures == 0 ? 0 : 1;
}
