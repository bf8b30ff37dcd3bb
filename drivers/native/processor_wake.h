// How long an idle processor may take to come back. Between two frames nothing runs, and a processor that has nothing to run sleeps: in a
// virtual machine it is handed to the hypervisor, and every step from a port's driver to its reader begins with getting it back. Linux keeps
// processors out of such sleep for as long as somebody holds a request at /dev/cpu_dma_latency (PM QoS, cpu latency).
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "drivers/native/owned_descriptor.h"

namespace asicr {

// What to ask for, us. Where idling means leaving a virtual machine (governor haltpoll) only 0 keeps processors: they poll instead. Elsewhere
// 2 allows the first, shallow state, which costs no heat to speak of and is left within a microsecond or two (GUESS for ARM: WFI).
int32_t wakeLatencyFor(const std::string& idleGovernor);

struct WakePaths {
  std::string request = "/dev/cpu_dma_latency";
  std::string idleGovernor = "/sys/devices/system/cpu/cpuidle/current_governor";
};

// As long as anybody in this process holds it. The kernel drops the request with the descriptor, also of a process that was killed.
class ProcessorWake {
 public:
  // The process's one.
  static std::shared_ptr<ProcessorWake> take();

  explicit ProcessorWake(const WakePaths& paths = {});

  // Why processors may sleep as ever: the errno of the refusal, 0 when they may not.
  int refusal() const { return refusal_; }
  // What was asked for, us.
  int32_t latencyUs() const { return latencyUs_; }

 private:
  int32_t latencyUs_;
  OwnedDescriptor request_;
  int refusal_ = 0;
};

}  // namespace asicr
