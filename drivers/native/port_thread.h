// What the threads that serve a port have in common.
#pragma once
#include <functional>
#include <thread>

namespace asicr {

// Starts a thread that takes no signals: those are the main thread's. It runs under SCHED_FIFO at `priority` where the system permits,
// which `realtime` tells; the caller's own priority stays what it is. False with `error` an errno when there can be no thread.
bool startPortThread(std::thread& thread, const char* name, int priority, std::function<void()> body, bool& realtime, int& error);

// A copy of a descriptor that survives the caller's closing it, made non-blocking; -1 with `error` an errno.
int copyOfPort(int fd, int& error);

// An eventfd in its resting state; -1 with `error` an errno.
int wakeDescriptor(int& error);
void signalDescriptor(int fd);
void clearDescriptor(int fd);

}  // namespace asicr
