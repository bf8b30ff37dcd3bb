#include "drivers/native/port_thread.h"

#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

#include "common/native/check.h"

using namespace asicr;

namespace {

int policyOf(pthread_t thread) {
  int policy = -1;
  sched_param parameters{};
  CHECK_EQUAL(pthread_getschedparam(thread, &policy, &parameters), 0);
  return policy;
}

bool fifoIsPermitted() {
  std::atomic<bool> permitted{false};
  std::thread asks([&] {
    sched_param wanted{};
    wanted.sched_priority = 40;
    permitted = pthread_setschedparam(pthread_self(), SCHED_FIFO, &wanted) == 0;
  });
  asks.join();
  return permitted;
}

void whatItSaysOfItsPriorityIsTrueFromItsFirstInstructionOn() {
  const bool permitted = fifoIsPermitted();
  std::thread thread;
  bool realtime = !permitted;
  int error = 0;
  int policy = -1;
  char name[16] = "";
  long slackNs = -1;
  CHECK(startPortThread(thread, "asicr-test", 40, [&] {
    policy = policyOf(pthread_self());
    pthread_getname_np(pthread_self(), name, sizeof name);
    slackNs = prctl(PR_GET_TIMERSLACK);
  }, realtime, error));
  thread.join();
  CHECK_EQUAL(realtime, permitted);
  CHECK_EQUAL(policy, permitted ? SCHED_FIFO : SCHED_OTHER);
  CHECK_EQUAL(std::strcmp(name, "asicr-test"), 0);
  // A real-time thread has none, whatever it asked for.
  CHECK(slackNs <= 1);
}

// A thread that ends at once, as on a port that cannot be read, must not leave its priority to whoever started it.
void callersPriorityStaysHoweverShortTheThreadLives() {
  const int before = policyOf(pthread_self());
  for (int i = 0; i < 2000; i++) {
    std::thread thread;
    bool realtime = false;
    int error = 0;
    CHECK(startPortThread(thread, "asicr-test", 40, [] {}, realtime, error));
    thread.join();
  }
  // The kernel's answer, not the library's memory of it.
  CHECK_EQUAL(sched_getscheduler(0), before);
}

}  // namespace

int main() {
  whatItSaysOfItsPriorityIsTrueFromItsFirstInstructionOn();
  callersPriorityStaysHoweverShortTheThreadLives();
  return checks.finish();
}
