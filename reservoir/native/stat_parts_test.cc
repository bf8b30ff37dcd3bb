// Every part is done once, whoever comes; what is late, or finds the threads with another, stops nobody.
#include "stat_parts.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "check.h"

using namespace asicr;

namespace {

void everyPartOnce(size_t parts, size_t members) {
  std::vector<std::atomic<int>> done(parts);
  inParts(parts, members, [&](size_t part) { done[part].fetch_add(1); });
  for (const auto& count : done) CHECK(count == 1);
}

// Both parts are in hand at the same time, which one thread alone cannot do.
void othersHelp() {
  std::atomic<int> here{0};
  inParts(2, 2, [&](size_t) {
    here.fetch_add(1);
    while (here.load() < 2) std::this_thread::yield();
  });
  CHECK(here == 2);
}

void noMoreThanAsked() {
  std::atomic<int> here{0}, most{0};
  inParts(64, 2, [&](size_t) {
    const int now = here.fetch_add(1) + 1;
    for (int seen = most.load(); now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    std::this_thread::sleep_for(std::chrono::microseconds(100));
    here.fetch_sub(1);
  });
  CHECK(most >= 1 && most <= 2);
}

// While the threads are with the one, the other does its parts alone.
void callersDoNotWaitForEachOther() {
  std::atomic<bool> began{false}, other{false};
  std::thread first([&] {
    inParts(2, 2, [&](size_t) {
      began = true;
      while (!other) std::this_thread::yield();
    });
  });
  while (!began) std::this_thread::yield();
  everyPartOnce(1000, 3);
  other = true;
  first.join();
}

}  // namespace

int main() {
  for (int round = 0; round < 200; ++round)
    for (size_t members : {1, 2, 4})
      for (size_t parts : {0, 1, 2, 5, 100}) everyPartOnce(parts, members);
  CHECK(keptThreads() == 3);
  othersHelp();
  noMoreThanAsked();
  callersDoNotWaitForEachOther();
  everyPartOnce(1000, 100);
  CHECK(keptThreads() == 7);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller)
    callers.emplace_back([] {
      for (int round = 0; round < 300; ++round) everyPartOnce(50, 3);
    });
  for (std::thread& caller : callers) caller.join();
  std::printf("%zu threads kept\n", keptThreads());
}
