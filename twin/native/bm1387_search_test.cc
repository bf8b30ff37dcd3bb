// Sanitizer run of the BM1387 search.
#include "bm1387_search.h"

#include <cmath>
#include <map>
#include <set>

#include "../../common/native/check.h"

namespace {

using namespace asicr;
using bm1387::ChainSweep;
using bm1387::Hit;

constexpr double kMhz650 = 650e6;

std::vector<uint8_t> frameOf(unsigned midstates, unsigned seed) {
  std::vector<uint8_t> frame(22 + 32 * midstates);
  for (size_t i = 0; i < frame.size(); i++) frame[i] = static_cast<uint8_t>(i * 37 + (i % 2 == 0 ? seed : seed >> 8));
  frame[2] = 0x40;
  frame[8] = 0xff;
  return frame;
}

bm1387::Job jobOf(unsigned midstates, unsigned seed, uint64_t serial = 1) { return bm1387::makeJob(frameOf(midstates, seed).data(), midstates, serial); }

// All cores of all chips open, at 650 MHz, nothing running.
ChainSweep opened(size_t chips, unsigned workScale, unsigned interval) {
  ChainSweep sweep(chips, workScale);
  const std::vector<uint8_t> all(chips, 1);
  for (size_t i = 0; i < chips; i++) {
    sweep.setAddress(i, static_cast<uint32_t>(i * interval));
    sweep.setMode(i, true, true);
    sweep.setClock(i, 0, kMhz650);
  }
  for (unsigned core = 0; core < bm1387::kCores; core++) sweep.startJob(0, all.data(), jobOf(1, 200));
  return sweep;
}

void hitsHashAndTimeAsReported() {
  for (const unsigned midstates : {1U, 2U, 4U}) {
    ChainSweep sweep = opened(63, 24, 4);
    const std::vector<uint8_t> all(63, 1);
    size_t solutions = 0;
    size_t decoys = 0;
    std::set<uint32_t> lanes;
    // Short enough that no chip runs into its neighbour's range: what is found is independent.
    const double periodNs = 0.72e6 * midstates;
    for (unsigned round = 0; round < 556 / midstates; round++) {
      const double startNs = 1000 + round * periodNs;
      const bm1387::Job job = jobOf(midstates, round, round);
      sweep.startJob(startNs, all.data(), job);
      std::vector<Hit> hits;
      sweep.advance(startNs + periodNs, hits);
      double lastNs = startNs;
      for (const Hit& hit : hits) {
        CHECK(hit.tNs >= lastNs && hit.tNs <= startNs + periodNs);
        lastNs = hit.tNs;
        const uint32_t core = hit.nonceBe & 0x7f;
        CHECK(core < 57 || (core >= 64 && core < 121));
        const uint64_t counter = ((hit.nonceBe >> 7) - (hit.chip * 4 << 17)) % bm1387::kCounters;
        const double clock = static_cast<double>(counter * midstates + hit.midstate);
        CHECK(std::abs(hit.tNs - (startNs + clock * 1e9 / kMhz650)) < 1e-3);
        CHECK_EQUAL(hit.jobSerial, uint64_t{round});
        lanes.insert(hit.midstate);
        uint8_t digest[32];
        sha256dTails(job.midstates[hit.midstate], job.tail.data(), &hit.nonceBe, 1, digest);
        CHECK_EQUAL(leadingZeroBits(digest) >= 8, !hit.decoy);
        (hit.decoy ? decoys : solutions)++;
      }
    }
    // 0.4 s x 650 MHz x 114 x 63 / 2^32 = 435 expected; four standard deviations are 83.
    CHECK(solutions > 352 && solutions < 518);
    CHECK(decoys > 352 && decoys < 518);
    CHECK_EQUAL(lanes.size(), size_t{midstates});
  }
}

// A core in error must report as much as it misses, however few zero bits are left; what the ticket looks at is even among both.
void decoysAreAsFrequentAsSolutions() {
  for (const unsigned workScale : {29U, 30U, 31U}) {
    ChainSweep sweep = opened(63, workScale, 4);
    const std::vector<uint8_t> all(63, 1);
    size_t solutions = 0;
    size_t decoys = 0;
    size_t passTicket2 = 0;
    for (unsigned round = 0; round < 2000; round++) {
      const double startNs = 1000 + round * 0.72e6;
      sweep.startJob(startNs, all.data(), jobOf(1, round, round));
      std::vector<Hit> hits;
      sweep.advance(startNs + 0.72e6, hits);
      for (const Hit& hit : hits) {
        (hit.decoy ? decoys : solutions)++;
        if (hit.decoy && hit.below >> 31 == 0) passTicket2++;
      }
    }
    // 1.44 s x 650 MHz x 114 x 63 / 2^32 = 1565 expected; four standard deviations are 158.
    CHECK(solutions > 1407 && solutions < 1723);
    CHECK(decoys > 1407 && decoys < 1723);
    CHECK(passTicket2 > 670 && passTicket2 < 895);
  }
}

void piecesEqualTheWhole() {
  const std::vector<uint8_t> all(60, 1);
  ChainSweep whole = opened(60, 26, 4);
  ChainSweep pieces = opened(60, 26, 4);
  std::vector<Hit> wholeHits;
  std::vector<Hit> pieceHits;
  whole.startJob(0, all.data(), jobOf(4, 3));
  pieces.startJob(0, all.data(), jobOf(4, 3));
  whole.advance(70e6, wholeHits);
  for (double t = 0; t < 70e6; t += 123456.789) pieces.advance(t, pieceHits);
  pieces.advance(70e6, pieceHits);
  CHECK(wholeHits.size() > 100);
  CHECK_EQUAL(wholeHits.size(), pieceHits.size());
  for (size_t i = 0; i < wholeHits.size() && i < pieceHits.size(); i++)
    CHECK(wholeHits[i].tNs == pieceHits[i].tNs && wholeHits[i].nonceBe == pieceHits[i].nonceBe && wholeHits[i].chip == pieceHits[i].chip);
}

// specs/bm1387.md 11: one whole pass, wrapping into the lower addresses, then idle; every chip finds the same nonces.
void aWholePassIsTheSameOnEveryChip() {
  ChainSweep sweep = opened(4, 26, 63);
  const std::vector<uint8_t> all(4, 1);
  std::map<uint32_t, std::multiset<uint64_t>> byChip;
  for (unsigned round = 0; round < 4; round++) {
    sweep.startJob(round * 1e9, all.data(), jobOf(4, round));
    std::vector<Hit> hits;
    sweep.advance((round + 1) * 1e9, hits);
    const double passNs = 4 * static_cast<double>(bm1387::kCounters) * 1e9 / kMhz650;
    for (const Hit& hit : hits) {
      CHECK(hit.tNs < round * 1e9 + passNs);
      byChip[hit.chip].insert(uint64_t{hit.nonceBe} << 8 | uint64_t{round} << 4 | hit.midstate << 1 | (hit.decoy ? 1 : 0));
    }
  }
  CHECK(byChip[0].size() > 10);
  for (uint32_t chip = 1; chip < 4; chip++) CHECK(byChip[chip] == byChip[0]);
  CHECK_EQUAL(sweep.hashes(3, 4e9), 16.0 * static_cast<double>(bm1387::kCounters) * bm1387::kCores);
}

// The last block is cut short by the end of all indices, and the last address starts in it.
void aPassEndsWhereverItStarts() {
  for (unsigned workScale = 24; workScale <= 32; workScale++) {
    for (const unsigned address : {0U, 1U, 128U, 254U, 255U}) {
      ChainSweep sweep = opened(1, workScale, 0);
      const uint8_t hears = 1;
      sweep.setAddress(0, address);
      sweep.startJob(0, &hears, jobOf(4, address));
      std::vector<Hit> once;
      std::vector<Hit> later;
      sweep.advance(1e9, once);
      sweep.advance(100e9, later);
      CHECK(once.size() <= (4 * bm1387::kCounters * bm1387::kCores >> workScale) + 1);
      CHECK_EQUAL(later.size(), 0U);
    }
  }
}

void onlyOpenSoundCoresFind() {
  ChainSweep sweep(1, 22);
  const uint8_t hears = 1;
  sweep.setClock(0, 0, kMhz650);
  std::vector<Hit> hits;
  sweep.startJob(0, &hears, jobOf(1, 1));
  sweep.advance(50e6, hits);
  CHECK_EQUAL(hits.size(), 0U);
  sweep.setMode(0, true, false);
  std::vector<uint8_t> skipping = frameOf(1, 2);
  skipping[8] = 0xfe;
  sweep.startJob(1e9, &hears, jobOf(1, 2));
  sweep.startJob(1e9, &hears, bm1387::makeJob(skipping.data(), 1, 2));
  sweep.startJob(1e9, &hears, jobOf(1, 4));
  sweep.startJob(1e9, &hears, jobOf(4, 4));
  CHECK_EQUAL(sweep.openCores(0), 2U);
  bm1387::CoreSet bad;
  bad.set(0);
  sweep.setBadCores(0, bad);
  sweep.setMode(0, false, false);
  for (unsigned round = 0; round < 200; round++) {
    sweep.startJob(2e9 + round * 1e8, &hears, jobOf(1, round));
    sweep.advance(2e9 + (round + 1) * 1e8, hits);
  }
  CHECK_EQUAL(sweep.openCores(0), 2U);
  // One core for 200 whole passes: 200 / 128 of each kind.
  CHECK(!hits.empty());
  for (const Hit& hit : hits) CHECK_EQUAL(hit.nonceBe & 0x7f, 2U);
  sweep.startJob(30e9, &hears, jobOf(1, 4));
  sweep.closeCores(0, 30e9);
  hits.clear();
  sweep.advance(40e9, hits);
  CHECK_EQUAL(hits.size(), 0U);
  CHECK_EQUAL(sweep.openCores(0), 0U);
}

void theClockCarriesOnThroughAChange() {
  ChainSweep sweep = opened(63, 26, 4);
  const std::vector<uint8_t> all(63, 1);
  size_t seen = 0;
  std::vector<Hit> hits;
  for (unsigned round = 0; round < 20; round++) {
    const double startNs = round * 50e6;
    const double changeNs = startNs + 5e6;
    for (size_t chip = 0; chip < 63; chip++) sweep.setClock(chip, startNs, kMhz650);
    sweep.startJob(startNs, all.data(), jobOf(1, round));
    sweep.advance(changeNs, hits);
    hits.clear();
    for (size_t chip = 0; chip < 63; chip++) sweep.setClock(chip, changeNs, kMhz650 / 2);
    sweep.advance(startNs + 50e6, hits);
    seen += hits.size();
    for (const Hit& hit : hits) {
      const double counter = ((hit.nonceBe >> 7) - (hit.chip * 4 << 17)) % bm1387::kCounters;
      CHECK(std::abs(hit.tNs - (changeNs + (counter - 5e6 * 0.65) / 0.325)) < 1e-2);
    }
  }
  CHECK(seen > 20);
}

}  // namespace

int main() {
  hitsHashAndTimeAsReported();
  decoysAreAsFrequentAsSolutions();
  piecesEqualTheWhole();
  aWholePassIsTheSameOnEveryChip();
  aPassEndsWhereverItStarts();
  onlyOpenSoundCoresFind();
  theClockCarriesOnThroughAChange();
  return checks.finish();
}
