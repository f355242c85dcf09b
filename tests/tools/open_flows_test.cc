#include "tools/open_flows.h"

#include <gtest/gtest.h>

#include "tests/tools/testing/live_run.h"

namespace mpsdscope {
namespace {

using testing::LiveRun;

TEST(OpenFlows, TakesTheNextFreePortWhileAFlowIsOpen) {
  OpenFlows flows;
  const Endpoint client = LiveRun::v4(1, 65'534), server = LiveRun::v4(2, 443);
  const OpenFlows::Flow first = flows.open(client, server);
  EXPECT_EQ(first.client, client);
  EXPECT_EQ(first.server, server);
  const OpenFlows::Flow second = flows.open(client, server);
  EXPECT_EQ(second.client.port, 65'535);
  EXPECT_EQ(flows.open(client, server).client.port, 1);
  EXPECT_EQ(flows.open(client, LiveRun::v4(3, 443)).client, client);

  flows.close(first);
  const OpenFlows::Flow again = flows.open(client, server);
  EXPECT_EQ(again.client, client);
  EXPECT_NE(again.number, first.number);
  flows.close(second);
  EXPECT_EQ(flows.open(client, server).client.port, 65'535);
}

}  // namespace
}  // namespace mpsdscope
