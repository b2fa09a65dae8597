"""The gateway: from MQTT to the partition log. It acknowledges a message only when the log has it durably."""
