"""Experiments on MLflow."""

from workbench.tracking.server import SOCKET_HOST, artifact_root, mlflow_server_command, mlflow_server_environment, tracking_environment

__all__ = ["SOCKET_HOST", "artifact_root", "mlflow_server_command", "mlflow_server_environment", "tracking_environment"]
