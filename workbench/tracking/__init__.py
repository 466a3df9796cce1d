"""Experiments on MLflow."""

from workbench.tracking.server import artifact_root, mlflow_server_command, mlflow_server_environment, tracking_environment

__all__ = ["artifact_root", "mlflow_server_command", "mlflow_server_environment", "tracking_environment"]
