// Sanitizer run of the twin's native parts: plain checks, no framework.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cmath>
#include <cstring>
#include <set>
#include <thread>

#include "pty_port.h"
#include "search.h"

namespace {

void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "failed: %s\n", what);
  std::exit(1);
}

struct Job {
  std::vector<uint8_t> first64 = std::vector<uint8_t>(asicr::kVersionLanes * 64);
  uint8_t tail[12];

  explicit Job(uint8_t seed) {
    for (size_t i = 0; i < first64.size(); i++) first64[i] = static_cast<uint8_t>(i % 64 < 4 ? 0 : i % 64 + seed);
    for (unsigned lane = 0; lane < asicr::kVersionLanes; lane++) first64[lane * 64 + 1] = static_cast<uint8_t>(lane << 5);
    for (size_t i = 0; i < sizeof tail; i++) tail[i] = static_cast<uint8_t>(seed + i);
  }
};

void hitsHashAsReported() {
  const Job job(7);
  const asicr::Batch batch = asicr::makeBatch(job.first64.data(), job.tail, 3, 0x80, 20);
  std::vector<asicr::Hit> hits;
  asicr::searchBlocks(batch, 0, 20000, 8, hits);
  size_t solutions = 0;
  uint64_t last = 0;
  for (const asicr::Hit& hit : hits) {
    check(hits.data() == &hit || hit.index > last, "hits come in sweep order");
    last = hit.index;
    const unsigned lane = static_cast<unsigned>(hit.index % asicr::kSmallCores % 8);
    check(hit.index == asicr::candidateOf(batch, hit.index >> 20), "each hit is its block's candidate");
    check(hit.nonceBe >> 25 == hit.index % asicr::kSmallCores / 8, "the core is in the top bits");
    check((hit.nonceBe & 0x1ffffff) == ((0x80u << 17) + hit.index / asicr::kSmallCores) % asicr::kPositions, "the counter starts at the address");
    uint8_t header[80];
    std::memcpy(header, job.first64.data() + lane * 64, 64);
    std::memcpy(header + 64, job.tail, 12);
    for (int i = 0; i < 4; i++) header[76 + i] = static_cast<uint8_t>(hit.nonceBe >> (24 - 8 * i));
    uint8_t digest[32];
    asicr::sha256dHeaders(header, 1, digest);
    if (hit.decoy) {
      check(asicr::leadingZeroBits(digest) < 8, "a decoy is no solution");
    } else {
      check(asicr::leadingZeroBits(digest) == hit.zeroBits && hit.zeroBits >= 8, "a solution hashes as reported");
      solutions++;
    }
  }
  // 20000 / 256 = 78 expected; 40..120 is beyond four standard deviations.
  check(solutions > 40 && solutions < 120 && hits.size() - solutions > 40 && hits.size() - solutions < 120, "as many hits as hashing gives");
}

// A core in error must report as much as it misses, however few zero bits are left.
void decoysAreAsFrequentAsSolutions() {
  const Job job(11);
  const asicr::Batch batch = asicr::makeBatch(job.first64.data(), job.tail, 1, 0x40, 20);
  for (const unsigned zeroBits : {1U, 2U, 3U, 5U}) {
    std::vector<asicr::Hit> hits;
    asicr::searchBlocks(batch, 0, 20000, zeroBits, hits);
    size_t decoys = 0;
    size_t deeper = 0;
    for (const asicr::Hit& hit : hits) {
      check(hit.zeroBits >= zeroBits, "with the zero bits that it takes");
      if (!hit.decoy) continue;
      decoys++;
      if (hit.zeroBits > zeroBits) deeper++;
    }
    const double expected = std::ldexp(20000, -static_cast<int>(zeroBits));
    check(std::abs(static_cast<double>(decoys) - expected) < 4 * std::sqrt(expected), "as many decoys as solutions");
    check(std::abs(static_cast<double>(deeper) - expected / 2) < 4 * std::sqrt(expected / 2), "half of them with a zero bit more");
  }
  std::vector<asicr::Hit> hits;
  asicr::searchBlocks(batch, 0, 1000, 0, hits);
  for (const asicr::Hit& hit : hits) check(!hit.decoy, "without zero bits to ask for, everything is a solution");
}

void piecesEqualTheWhole() {
  const Job job(9);
  const asicr::Batch batch = asicr::makeBatch(job.first64.data(), job.tail, 0, 0, 16);
  std::vector<asicr::Hit> whole;
  std::vector<asicr::Hit> pieces;
  asicr::searchBlocks(batch, 100, 10000, 6, whole);
  for (uint64_t block = 100; block < 10000; block += 33) asicr::searchBlocks(batch, block, std::min<uint64_t>(block + 33, 10000), 6, pieces);
  check(whole.size() == pieces.size() && !whole.empty(), "pieces find what the whole finds");
  for (size_t i = 0; i < whole.size(); i++) check(whole[i].index == pieces[i].index, "in the same order");
}

void subsetDependsOnTheJob() {
  const Job a(1);
  const Job b(2);
  const asicr::Batch batches[] = {asicr::makeBatch(a.first64.data(), a.tail, 0, 0, 20), asicr::makeBatch(b.first64.data(), b.tail, 0, 0, 20),
                                  asicr::makeBatch(a.first64.data(), a.tail, 1, 0, 20), asicr::makeBatch(a.first64.data(), a.tail, 0, 1, 20)};
  std::set<uint64_t> picked;
  for (const asicr::Batch& batch : batches) picked.insert(asicr::candidateOf(batch, 5));
  check(picked.size() == 4, "job, batch and address each move the candidate");
}

void sweepEndsAtTheLastPosition() {
  const Job job(3);
  const asicr::Batch batch = asicr::makeBatch(job.first64.data(), job.tail, 0, 0xff, 20);
  const uint64_t blocks = asicr::kPositions * asicr::kSmallCores >> 20;
  std::vector<asicr::Hit> hits;
  asicr::searchBlocks(batch, blocks - 10, blocks + 1000, 0, hits);
  check(hits.size() == 10, "nothing past the last position is tried");
}

void ptyCarriesBytesBothWays() {
  std::string error;
  std::atomic<int> wakes{0};
  auto port = asicr::PtyPort::open([&] { wakes++; }, error);
  check(port != nullptr, error.c_str());
  const uint8_t hello[] = {0x55, 0xaa, 0x0d, 0x0a, 0x03};
  check(port->write(hello, sizeof hello) == 0, "without a client, bytes are lost");
  const int client = ::open(port->path().c_str(), O_RDWR | O_NOCTTY);
  check(client >= 0, "a client can open the slave");
  check(::write(client, hello, sizeof hello) == static_cast<ssize_t>(sizeof hello), "the client can write");
  std::vector<asicr::Arrival> arrivals;
  std::vector<uint8_t> received;
  int64_t nowNs = 0;
  for (int i = 0; i < 2000 && received.size() < sizeof hello; i++) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    nowNs = port->take(arrivals);
    for (const asicr::Arrival& arrival : arrivals) {
      check(arrival.tNs <= nowNs && arrival.baud == 115200, "arrivals are stamped, with the rate");
      received.insert(received.end(), arrival.bytes.begin(), arrival.bytes.end());
    }
  }
  check(received.size() == sizeof hello && std::memcmp(received.data(), hello, sizeof hello) == 0, "bytes arrive unchanged");
  check(wakes.load() >= 1 && port->clients() == 1, "the owner is woken and knows of the client");
  check(port->write(hello, sizeof hello) == sizeof hello, "the port writes");
  uint8_t back[sizeof hello];
  pollfd watched{client, POLLIN, 0};
  check(poll(&watched, 1, 2000) == 1 && ::read(client, back, sizeof back) == static_cast<ssize_t>(sizeof back), "the client reads");
  check(std::memcmp(back, hello, sizeof hello) == 0, "bytes leave unchanged");
  ::close(client);
}

}  // namespace

int main() {
  hitsHashAsReported();
  decoysAreAsFrequentAsSolutions();
  piecesEqualTheWhole();
  subsetDependsOnTheJob();
  sweepEndsAtTheLastPosition();
  ptyCarriesBytesBothWays();
  std::printf("twin native: search and pty hold (%s)\n", asicr::sha256dKernel());
  return 0;
}
